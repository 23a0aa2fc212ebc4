//! Rows from PostgreSQL, MySQL and SQLite, in a session that can only read.
//!
//! The query is sent as text and the values come as text, so that amounts and times keep every digit whatever their type is.

use super::http::RecordError;
use super::rows::{RowError, SourceRow};
use crate::plan::{RecordPlace, RecordPlan};

/// Whether this build can read all sources of a plan.
///
/// # Errors
/// When a source is a database, and the feature `sql` is off.
pub fn ensure_supported(plan: &RecordPlan) -> Result<(), RecordError> {
    let others = [&plan.charges, &plan.mail, &plan.stock].into_iter().flatten();
    let needed = std::iter::once(&plan.orders)
        .chain(others)
        .any(|source| matches!(source.place, RecordPlace::Sql(..)));
    if needed && !cfg!(feature = "sql") { Err(RecordError::NoSql) } else { Ok(()) }
}

/// What takes the rows.
type Take<'t> = &'t mut dyn FnMut(SourceRow<'_>) -> Result<(), RowError>;

#[cfg(not(feature = "sql"))]
pub async fn run_query(_: &str, _: &str, _: Take<'_>) -> Result<(), RecordError> {
    Err(RecordError::NoSql)
}

#[cfg(feature = "sql")]
pub use client::run_query;

#[cfg(feature = "sql")]
mod client {
    use std::str::FromStr;
    use std::time::Duration;

    use csv::StringRecord;
    use futures_util::TryStreamExt;
    use sqlx::mysql::MySqlConnection;
    use sqlx::postgres::PgConnection;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{
        AssertSqlSafe, Column, ColumnIndex, ConnectOptions, Connection, Database, Decode, Error,
        Executor, Row, raw_sql,
    };

    use super::{RecordError, SourceRow, Take};
    use crate::base::redact;

    /// How long a database may take to let us in.
    const CONNECTING: Duration = Duration::from_secs(30);
    /// How long a query may take, with its rows.
    const LONGEST_QUERY: Duration = Duration::from_secs(600);
    /// How long a query waits for a lock of SQLite.
    const BUSY: Duration = Duration::from_secs(60);
    /// Nothing that this session does can change anything.
    const POSTGRES_READS: &str = "set default_transaction_read_only = on; set time zone 'UTC'";
    const MYSQL_READS: &str = "set session transaction read only; set time_zone = '+00:00'";

    /// Sends a query, and gives each row of its result to `take`.
    ///
    /// # Errors
    /// When the database can't be reached, refuses the query, or `take` refuses a row.
    pub async fn run_query(url: &str, query: &str, take: Take<'_>) -> Result<(), RecordError> {
        match tokio::time::timeout(LONGEST_QUERY, connect_and_read(url, query, take)).await {
            Ok(read) => read,
            Err(_) => {
                let message = format!("no end of the query within {} s", LONGEST_QUERY.as_secs());
                Err(RecordError::Unexpected { place: place(url), message })
            }
        }
    }

    async fn connect_and_read(url: &str, query: &str, take: Take<'_>) -> Result<(), RecordError> {
        let failed = |error: Error| query_error(url, &error);
        match url.split(':').next() {
            Some("postgres" | "postgresql") => {
                let mut session = within(url, PgConnection::connect(url)).await?;
                session.execute(raw_sql(POSTGRES_READS)).await.map_err(failed)?;
                read(&mut session, url, query, take).await
            }
            Some("mysql" | "mariadb") => {
                let mut session = within(url, MySqlConnection::connect(url)).await?;
                session.execute(raw_sql(MYSQL_READS)).await.map_err(failed)?;
                read(&mut session, url, query, take).await
            }
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url).map_err(failed)?;
                let options = options.read_only(true).busy_timeout(BUSY);
                let mut session = within(url, options.connect()).await?;
                read(&mut session, url, query, take).await
            }
            _ => Err(RecordError::Unexpected {
                place: place(url),
                message: "write the database as postgres://…, mysql://… or sqlite:FILE".to_owned(),
            }),
        }
    }

    async fn within<S>(
        url: &str,
        connecting: impl Future<Output = Result<S, Error>>,
    ) -> Result<S, RecordError> {
        match tokio::time::timeout(CONNECTING, connecting).await {
            Ok(connected) => connected.map_err(|error| query_error(url, &error)),
            Err(_) => {
                let message = format!("no session within {} s", CONNECTING.as_secs());
                Err(RecordError::Unexpected { place: place(url), message })
            }
        }
    }

    /// One query, sent and answered as text.
    async fn read<S>(
        session: &mut S,
        url: &str,
        query: &str,
        take: Take<'_>,
    ) -> Result<(), RecordError>
    where
        S: Connection,
        for<'c> &'c mut S: Executor<'c, Database = S::Database>,
        for<'r> Option<String>: Decode<'r, S::Database>,
        usize: ColumnIndex<<S::Database as Database>::Row>,
    {
        let mut columns = StringRecord::new();
        let mut rows = session.fetch(raw_sql(AssertSqlSafe(query.to_owned())));
        while let Some(row) = rows.try_next().await.map_err(|error| query_error(url, &error))? {
            if columns.is_empty() {
                columns = row.columns().iter().map(Column::name).collect();
            }
            let values = (0..columns.len()).map(|place| {
                let value = row.try_get_unchecked::<Option<String>, _>(place);
                value.map(Option::unwrap_or_default).map_err(|error| {
                    let name = columns.get(place).unwrap_or_default();
                    let message = format!("column `{name}` is no text ({error}): cast it to one");
                    RecordError::Unexpected { place: self::place(url), message }
                })
            });
            let values = values.collect::<Result<StringRecord, RecordError>>()?;
            take(SourceRow::Table(&values, &columns)).map_err(|error| RecordError::Unexpected {
                place: place(url),
                message: error.to_string(),
            })?;
        }
        Ok(())
    }

    fn query_error(url: &str, error: &Error) -> RecordError {
        let message = redact::text(&error.to_string()).into_owned();
        RecordError::Unexpected { place: place(url), message }
    }

    /// The kind of database: an address may hold a password.
    fn place(url: &str) -> String {
        format!("the database {}", url.split(':').next().unwrap_or_default())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn runtime() -> tokio::runtime::Runtime {
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
        }

        #[test]
        fn sqlite_is_read_as_text_and_can_not_be_written() {
            runtime().block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("shop.sqlite3").display());
                let options = SqliteConnectOptions::from_str(&url).unwrap().create_if_missing(true);
                let mut owner = options.connect().await.unwrap();
                let made = "create table o (id integer, total decimal, at text, none text);
                            insert into o values (1, 12.30, '2026-11-27 09:00:00', null), (2, '7.05', 'x', 'y')";
                owner.execute(raw_sql(made)).await.unwrap();
                let mut rows = Vec::new();
                let mut take = |row: SourceRow<'_>| {
                    let SourceRow::Table(row, columns) = row else { unreachable!() };
                    assert_eq!(columns, &StringRecord::from(vec!["id", "total", "at", "none"]));
                    rows.push(row.iter().map(str::to_owned).collect::<Vec<_>>());
                    Ok(())
                };
                run_query(&url, "select * from o order by id", &mut take).await.unwrap();
                assert_eq!(rows[0], ["1", "12.3", "2026-11-27 09:00:00", ""]);
                assert_eq!(rows[1], ["2", "7.05", "x", "y"]);
                let mut texts = Vec::new();
                let mut keep = |row: SourceRow<'_>| {
                    let SourceRow::Table(row, _) = row else { unreachable!() };
                    texts.push(row.iter().map(str::to_owned).collect::<Vec<_>>());
                    Ok(())
                };
                let joined = "select o.id, (select string_agg(p.at || '=' || p.id, ',') from o p where p.id >= o.id) as lines, 7 as n from o where o.at >= '0'";
                run_query(&url, joined, &mut keep).await.unwrap();
                assert_eq!(texts[0], ["1", "2026-11-27 09:00:00=1,x=2", "7"]);
                let mut nothing = |_: SourceRow<'_>| Ok(());
                for write in ["delete from o", "select 1; delete from o", "create table p (id)"] {
                    let error = run_query(&url, write, &mut nothing).await.unwrap_err();
                    assert!(error.to_string().contains("readonly"), "{write}: {error}");
                }
                let error = run_query(&url, "select nowhere", &mut nothing).await.unwrap_err();
                assert!(error.to_string().contains("no such column"), "{error}");
            });
        }

        #[test]
        fn an_address_that_is_none_of_the_three_is_told_without_its_password() {
            let error = runtime()
                .block_on(run_query("oracle://me:secret@db/shop", "select 1", &mut |_| Ok(())))
                .unwrap_err()
                .to_string();
            assert!(error.contains("postgres://") && !error.contains("secret"), "{error}");
        }
    }
}
