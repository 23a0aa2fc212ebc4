use super::*;

#[test]
fn optional_columns_are_left_out_on_a_narrow_screen() {
    let text = shown(&SimulatedRun::run(12_000, 120, planted), 80);
    assert_snapshot!(between(&text, "Groups with", "\n\n"), @r"
    Groups with elevated repeated failures (vs. everyone else)
      shoppers with    at              repeated   rate  rel. risk  excess lost
      payment wallet   pay                  259  9.6 %       ≥ 65          259
      node n3…served)  cart, checkout        62  4.6 %       ≥ 48          138
    ");
    assert_snapshot!(between(&text, "Lost shoppers", "\n\n"), @r"
    Lost shoppers by abandonment model (this scenario's first)
      model           lost  share    95 % CI  revenue at risk              95 % CI
      applause-2024    565  4.7 %  4.4–5.1 %        25,534.49  23,492.28–27,754.22
      geometric-63     678  5.7 %  5.3–6.1 %        29,867.23  27,683.44–32,223.29
      decline-44       721  6.0 %  5.6–6.4 %        31,494.46  29,255.27–33,905.03
      impatient-75   1,021  8.5 %  8.0–9.0 %        43,279.49  40,506.52–46,242.29
    ");
}

#[test]
fn no_line_is_longer_than_the_screen() {
    for width in [80, 90, 100, 120, 200] {
        for line in shown(&SimulatedRun::run(12_000, 120, planted), width).lines() {
            assert!(line.width() <= width, "{width}: {line}");
        }
    }
    assert_eq!(
        shown(&SimulatedRun::run(50, 10, planted), 20),
        shown(&SimulatedRun::run(50, 10, planted), 80)
    );
}

#[test]
fn prose_is_wrapped_before_a_name_is_cut() {
    let columns = [
        ("step", Fit::Name),
        ("what", Fit::Prose),
        ("shoppers", Fit::Figure),
        ("repeated", Fit::Figure),
        ("lost", Fit::Figure),
        ("second at", Fit::Name),
    ];
    let mut table = Table::new("What went wrong first", &columns);
    let row = [
        "browse/category",
        "status 502: the wallet provider did not call back",
        "12,345",
        "1,234",
        "1,000",
        "the same (1,234)",
    ];
    table.row(Tone::Bad, row.map(str::to_owned));
    assert_snapshot!(console_table(&table, 80, Paint::Plain), @r"
    What went wrong first
      step             what              shoppers  repeated   lost  second at
      browse/category  status 502: the     12,345     1,234  1,000  the same (1,234)
                       wallet provider
                       did not call
                       back
    ");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let view = view(&SimulatedRun::run(500, 60, planted));
    let (plain, colour) = (console(&view, 100, Paint::Plain), console(&view, 100, Paint::Colour));
    assert!(colour.contains("\u{1b}[") && !plain.contains('\u{1b}'));
    assert_eq!(anstream::adapter::strip_str(&colour).to_string(), plain);
}

#[test]
fn names_are_cut_by_their_width_and_not_by_bytes() {
    assert_eq!(cut_middle("Größe wählen", 8), "Größ…len");
    assert_eq!(cut_middle("支付方式选择", 7), "支…选择");
    assert_eq!(cut_middle("pay", 3), "pay");
    assert_eq!(cut_middle("checkout/enter shipping", 14), "checkou…ipping");
    assert_eq!(wrap("a rate of 3.1 % of them", 14, 0), ["a rate of", "3.1 % of them"]);
}
