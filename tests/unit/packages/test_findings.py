from openaddons.packages.findings import Finding, Findings, Severity


def finding(code: str, severity: Severity = "error") -> Finding:
    return Finding(code, severity, "message", "fix")


def test_only_so_many_are_kept_and_all_are_counted() -> None:
    findings = Findings(100)
    findings.extend(finding(str(number)) for number in range(250))

    assert len(findings.kept()) == 100
    assert findings.total == 250
    assert findings.error_count == 250


def test_an_error_is_kept_however_many_warnings_come_before_it() -> None:
    findings = Findings(2)
    findings.extend([finding("a", "warning"), finding("b", "warning"), finding("c", "warning"), finding("d")])

    assert [kept.code for kept in findings.kept()] == ["d", "a"]
    assert findings.error_codes == {"d"}


def test_what_finds_no_room_can_be_counted_alone() -> None:
    findings = Findings(1)
    findings.add(finding("a"))
    findings.count("b", "error")
    findings.count("c", "warning")

    assert (findings.has_room("error"), findings.has_room("warning")) == (False, True)
    assert [kept.code for kept in findings.kept()] == ["a"]
    assert (findings.total, findings.error_count, findings.error_codes) == (3, 2, {"a", "b"})
