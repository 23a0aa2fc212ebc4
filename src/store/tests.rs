//! A store in a folder, and one that ignores conditions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::put;
use url::Url;

use super::*;

fn folder() -> (tempfile::TempDir, RunStore) {
    let folder = tempfile::tempdir().unwrap();
    let url = Url::from_directory_path(folder.path().join("run-1")).unwrap();
    let store = RunStore::open(&url).unwrap();
    (folder, store)
}

#[test]
fn one_of_many_creates_an_object() {
    let (_folder, store) = folder();
    let won: Vec<bool> = (0..5).map(|i: u8| store.create("ready/3", vec![i]).unwrap()).collect();
    assert_eq!(won, [true, false, false, false, false]);
    assert_eq!(store.read("ready/3").unwrap(), Some(vec![0]));
    assert_eq!(store.read("ready/4").unwrap(), None);
    store.put("ready/3", vec![9]).unwrap();
    assert_eq!(store.read("ready/3").unwrap(), Some(vec![9]));
    store.put("slices/0/tally", Vec::new()).unwrap();
    assert_eq!(store.list("slices").unwrap(), ["0/tally"]);
    assert_eq!(store.list("nothing").unwrap(), [""; 0]);
}

#[test]
fn a_folder_has_what_a_run_needs_and_its_clock_is_this_machines() {
    let (_folder, store) = folder();
    let probe = store.try_permissions("n1").unwrap();
    let clock = store.measure_clock(&probe).unwrap();
    assert!(clock.offset_us.abs() < 200_000 && clock.error_us < 200_000, "{clock:?}");
    store.delete(&probe).unwrap();
    assert_eq!(store.list(crate::join::PROBE).unwrap(), [""; 0]);
}

#[test]
fn an_address_of_no_store_or_of_no_run_is_refused() {
    let told = |url: &str| RunStore::open(&url.parse().unwrap()).unwrap_err().to_string();
    insta::assert_snapshot!(told("ftp://shop/run"), @"ftp://shop/run is no address of a store: write s3://BUCKET/RUN, gs://BUCKET/RUN, az://CONTAINER/RUN or file:///FOLDER/RUN");
    insta::assert_snapshot!(told("s3://bucket"), @"s3://bucket names a store, but no run in it: add a name of its own, such as s3://bucket/run-1");
}

/// Objects of a store, by name.
type Objects = Arc<Mutex<BTreeMap<String, Bytes>>>;

/// Serves a store in the manner of S3 that keeps objects, but no conditions.
fn serve_without_conditions() -> String {
    async fn write(
        State(objects): State<Objects>,
        Path(name): Path<String>,
        body: Bytes,
    ) -> [(&'static str, &'static str); 1] {
        objects.lock().unwrap().insert(name, body);
        [("etag", "\"1\"")]
    }
    async fn read(
        State(objects): State<Objects>,
        Path(name): Path<String>,
    ) -> Result<Bytes, StatusCode> {
        objects.lock().unwrap().get(&name).cloned().ok_or(StatusCode::NOT_FOUND)
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let router = Router::new()
                .route("/{*name}", put(write).get(read))
                .with_state(Objects::default());
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    format!("http://{address}")
}

#[test]
fn a_store_that_ignores_conditions_is_refused() {
    let endpoint = serve_without_conditions();
    let settings = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_skip_signature", "true"),
    ];
    let store = RunStore::open_with(&"s3://bucket/run".parse().unwrap(), &settings).unwrap();
    let refused = store.try_permissions("n1").unwrap_err();
    assert!(matches!(refused, StoreError::IgnoresConditions { .. }), "{refused:?}");
}

#[test]
fn a_store_that_nobody_serves_is_named_with_what_was_tried() {
    let settings = [
        ("aws_endpoint", "http://127.0.0.1:1"),
        ("aws_allow_http", "true"),
        ("aws_skip_signature", "true"),
    ];
    let store = RunStore::open_with(&"s3://bucket/run".parse().unwrap(), &settings).unwrap();
    let refused = store.try_permissions("n1").unwrap_err().to_string();
    assert_eq!(refused, "can't create probe/n1 in s3://bucket/run");
}
