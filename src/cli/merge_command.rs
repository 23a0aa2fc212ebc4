//! `tillrush merge`: slices in folders, or those that met in an object store.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use url::Url;

use super::args::MergeArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::merge::merge_folders;
use super::merge_joined::merge_joined;
use super::run_folder::RunFolder;
use super::screen::Screen;

/// `tillrush merge`.
pub fn merge(args: &MergeArgs, screen: Screen) -> Result<Exit, Failure> {
    if let Some(url) = find_store_url(args)? {
        return merge_joined(&url, args, screen);
    }
    let open = |run: &PathBuf| RunFolder::open(run, &args.out).map_err(Failure::usage);
    let folders: Vec<RunFolder> = args.runs.iter().map(open).collect::<Result<_, _>>()?;
    Ok(merge_folders(&folders, args, screen)?.0)
}

/// The address of a run whose slices met in a store, if that is what is to be merged.
fn find_store_url(args: &MergeArgs) -> Result<Option<Url>, Failure> {
    let url = |run: &PathBuf| {
        let text = run.to_str().filter(|text| text.contains("://"))?;
        Some(Url::parse(text).with_context(|| format!("{text} is no URL")))
    };
    let mut urls = args.runs.iter().filter_map(url);
    match (urls.next(), args.wait) {
        (Some(url), _) if args.runs.len() == 1 => url.map(Some).map_err(Failure::usage),
        (Some(_), _) => Err(Failure::usage(anyhow!("merge takes folders, or one URL"))),
        (None, Some(_)) => Err(Failure::usage(anyhow!("--wait needs the URL of a run"))
            .help("folders are merged as they are; give the URL that --join had")),
        (None, None) => Ok(None),
    }
}
