//! `tillrush shop`: serves the practice shop until it is interrupted.

use anyhow::{Context, anyhow};
use strum::VariantNames;

use super::args::ShopArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::input_files::read_text;
use super::screen::Screen;
use super::signals::wait_for_interrupt;
use crate::demo_shop::{AccessLogFormat, AccessLogOptions, Faults, RunningShop, ShopOptions};

/// `tillrush shop`.
pub fn shop(args: &ShopArgs, screen: Screen) -> Result<Exit, Failure> {
    let options = ShopOptions {
        listen: args.listen,
        faults: faults(args)?,
        threads: 2,
        payments: args.payments,
        mail: args.mail,
        access_log: access_log(args)?,
        ..ShopOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    runtime.block_on(async {
        let shop = RunningShop::start(options).await.map_err(anyhow::Error::from)?;
        let address = shop.addr();
        screen.print_line(format_args!("practice shop: http://{address} (Ctrl-C stops it)"));
        screen.print_line(format_args!("its order ledger: http://{address}/admin/ledger"));
        if let Some(payments) = shop.payments() {
            screen.print_line(format_args!("its payment provider: http://{payments}"));
        }
        wait_for_interrupt().await;
        shop.stop().await;
        Ok(Exit::Ok)
    })
}

fn access_log(args: &ShopArgs) -> Result<Option<AccessLogOptions>, Failure> {
    let [format, file] = args.access_log.as_slice() else { return Ok(None) };
    let format = format.parse().map_err(|_| {
        let known = AccessLogFormat::VARIANTS.join(", ");
        Failure::usage(anyhow!(
            "--access-log: no format is called '{format}': write one of {known}"
        ))
    })?;
    Ok(Some(AccessLogOptions { format, file: file.into() }))
}

fn faults(args: &ShopArgs) -> Result<Faults, Failure> {
    match &args.faults {
        Some(path) => {
            let text = read_text(path)
                .with_context(|| format!("can't read the fault file {}", path.display()))
                .map_err(Failure::usage)?;
            Faults::parse(&text)
                .with_context(|| path.display().to_string())
                .map_err(|error| Failure::new(Exit::BadScenario, error))
        }
        None if args.demo_faults => Ok(Faults::planted()),
        None => Ok(Faults::none()),
    }
}
