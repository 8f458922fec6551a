"""The page of an evaluation: figures of every model side by side, the curve of risk, and every miss with its thought."""

from collections.abc import Sequence
from html import escape
from string import Template

from carpilot.scenario.arena import columns, duels
from carpilot.scenario.evaluate import SuiteReport
from carpilot.scenario.figures import CaseReport, Share, grouped

WIDTH, HEIGHT, MARGIN = 420, 220, 36
_COLOURS = ("#1f6feb", "#d1730f", "#2f8f5b", "#8a4fbf", "#b3364b")
_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>carpilot eval</title><style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: #1b2430 }
table { border-collapse: collapse; margin: .6rem 0 1.6rem } th, td { text-align: left; padding: .3rem .9rem .3rem 0 }
th { color: #5b6776; font-weight: 500 } td.n { font-variant-numeric: tabular-nums } tr + tr td { border-top: 1px solid #e3e8ee }
details { border-top: 1px solid #e3e8ee; padding: .5rem 0 } summary { cursor: pointer }
table.sorted th { cursor: pointer; text-decoration: underline dotted }
.bad { color: #b3364b } .dim { color: #5b6776 }
code { font-size: .92em } svg text { font-size: 11px; fill: #5b6776 }
@media (prefers-color-scheme: dark) { body { background: #11161d; color: #dfe6ee } tr + tr td, details { border-color: #2a333f } }
</style></head><body><h1>carpilot eval</h1>
<p class="dim">Strict success: every expected actual value reached and no other actuator changed. In brackets: the interval
in which the true share lies with 95 % (Wilson).</p>
$sections
<script>
for (const head of document.querySelectorAll("table.sorted th")) head.onclick = () => {
  const at = head.cellIndex, body = head.closest("tbody"), rows = [...body.rows].slice(1), down = head.dataset.down !== "1";
  const key = row => { const text = row.cells[at].textContent, n = parseFloat(text); return isNaN(n) ? text : n };
  rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) * (down ? -1 : 1));
  head.dataset.down = down ? "1" : "0"; body.append(...rows)
}
</script>
</body></html>
""")


def page(reports: Sequence[SuiteReport]) -> str:
    """Return the page as one file of HTML with nothing from elsewhere; a click on a title sorts the figures."""
    sections = [_figures(reports), _by(reports, "kind"), _by(reports, "source"), _curves(reports)]
    return _PAGE.substitute(sections="\n".join([*sections, *map(_misses, reports)]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], is_sorted: bool = False) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f'<td class="n">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows)
    return f"<table{' class=sorted' if is_sorted else ''}><tr>{top}</tr>{body}</table>"


def _named(report: SuiteReport) -> str:
    return f"{report.suite}, {report.model}"


def _figures(reports: Sequence[SuiteReport]) -> str:
    rows = [columns(report) for report in reports]
    head = [title for title in rows[0] if any(row[title] != "-" for row in rows)]
    table = _table(head, [[row[title] for title in head] for row in rows], is_sorted=True)
    pairs = [[d.suite, d.first, d.second, str(d.only_first), str(d.only_second), f"{d.p:.2g}"] for d in duels(reports)]
    duel_head = ("suite", "first", "second", "only first right", "only second right", "p (McNemar, exact)")
    return f"<h2>Figures</h2>{table}" + (_table(duel_head, pairs, is_sorted=True) if pairs else "")


def _by(reports: Sequence[SuiteReport], key: str) -> str:
    found: list[dict[str, Share]] = [grouped(report.cases, lambda case: str(getattr(case, key))) for report in reports]
    names = sorted({name for shares in found for name in shares})
    if len(names) < 2:
        return ""
    rows = [[name, *(shares.get(name, Share(0, 0)).in_words() for shares in found)] for name in names]
    counts = [max(shares.get(name, Share(0, 0)).of for shares in found) for name in names]
    for row, count in zip(rows, counts, strict=True):
        row.insert(1, str(count))
    return f"<h2>By {key}</h2>{_table([key, 'cases', *map(_named, reports)], rows)}"


def _curves(reports: Sequence[SuiteReport]) -> str:
    curves = [(report, report.summary()["risk_by_coverage"]) for report in reports]
    drawn = [(report, points) for report, points in curves if points]
    if not drawn:
        return ""
    top = max(0.05, *(risk for _, points in drawn for _, risk in points))
    lines = []
    for index, (report, points) in enumerate(drawn):
        colour = _COLOURS[index % len(_COLOURS)]
        at = " ".join(f"{MARGIN + x * (WIDTH - 2 * MARGIN):.1f},{HEIGHT - MARGIN - y / top * (HEIGHT - 2 * MARGIN):.1f}"
                      for x, y in points)  # fmt: skip
        lines.append(f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(
            f'<text x="{MARGIN + 6}" y="{MARGIN + 14 * index}" style="fill:{colour}">{escape(_named(report))}</text>'
        )
    base = HEIGHT - MARGIN
    axes = (
        f'<path d="M{MARGIN},{MARGIN} V{base} H{WIDTH - MARGIN}" fill="none" stroke="#8a94a1"/>'
        f'<text x="{MARGIN}" y="{HEIGHT - 12}">0 % of the requests carried out</text>'
        f'<text x="{WIDTH - MARGIN}" y="{HEIGHT - 12}" text-anchor="end">100 %</text>'
        f'<text x="{MARGIN - 4}" y="{MARGIN}" text-anchor="end">{top * 100:.0f} %</text>'
    )
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">{axes}{"".join(lines)}</svg>'
    return (
        f"<h2>Risk by coverage</h2><p class='dim'>The share that is wrong, if only the surest are carried out.</p>{svg}"
    )


def _misses(report: SuiteReport) -> str:
    missed = [case for case in report.cases if not case.passed]
    rows = "".join(map(_miss, missed))
    return f"<h2>Misses: {escape(_named(report))}, {len(missed)} of {len(report.cases)}</h2>{rows}"


def _miss(case: CaseReport) -> str:
    mark = ' <b class="bad">wrong action</b>' if case.is_wrong_action else ""
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in case.problems)
    sure = "" if case.confidence is None else f", sure {case.confidence:.2f}"
    return (
        f"<details><summary>{escape(' / '.join(case.say))} <span class='dim'>{escape(case.id)}, {escape(case.kind)}</span>"
        f"{mark}</summary><p><span class='dim'>thought:</span> {escape(case.thought)}</p>"
        f"<p><code>{escape('; '.join(case.calls))}</code><br>{escape(case.result)}{sure}: {escape(case.reply)}</p>"
        f"<ul class='bad'>{problems}</ul></details>"
    )
