"""Sixty words that mean harm: markup, scripts, formulas, signs that nobody sees, and words without an end."""

PAYLOADS = (
    '#read("/etc/passwd")', '#import "/etc/passwd": *', '#include "/etc/hosts"', '#eval("1+1")', "#sys.inputs",
    "$x^2$",
    "*bold* _it_ `raw`", "= Heading", "== 10 mg", "- list\n- list", "+ enum", "/ term: x", "<label> @ref",
    "\\ \\n \\u{41}",
    "#let x = 1", '#image("/etc/passwd")', '#link("https://evil.invalid")[here]', "https://evil.invalid/x",
    "#{panic()}",
    "// comment",
    "/* comment */", "~ --- -- ...", "#set page(width: 1mm)", "#pagebreak()", "#show: it => []", "]} )#[",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}", "{% debug %}",
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\u00a0=1+1", " \t=1+1", "ok\n=1+1", "\uff1d1+1",
    "\u0000\u0001\u0007\u001b[31m", "\u202e10 mg\u202c", "\u2066abc\u2069", "\u200b\u200c\u200d\ufeff",
    "\u2028\u2029",
    "a" * 5_000, "W" * 300, "word " * 1_000, "مرحبا بالعالم", "שלום עולם", "日本語の名前", "😀👩‍⚕️", "Z̸̢͓a̷l̵g̶o̴" * 40,
    "'; DROP TABLE facts;--", "../../../etc/passwd", "%PDF-1.7", "/JavaScript (app.alert(1))",
    "/URI (https://evil.invalid)",
    "\r\nContent-Type: text/html\r\n\r\n", "NaN", "10 mg = 1 mL",
)  # fmt: skip
