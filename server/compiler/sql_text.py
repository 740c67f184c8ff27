"""Turns the SQL below the front matter into the statements that are prepared: finds `:name`, takes `--?` clauses in or out."""

import re
from dataclasses import dataclass

# Everything in which a colon is no placeholder, longest first. E'…' alone knows backslashes.
TOKEN = re.compile(
    r"""(?P<skip> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/
          | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$ | :: | :=)
      | (?<![\w:]) : (?P<name>[a-z_][a-z0-9_]*)
      | (?P<end>;)
      | (?P<bad>'|/\*)
      | (?P<word>\w+)
      | (?P<other>.)""",
    re.S | re.X,
)
CLAUSE = re.compile(r"--\?\s*([a-z_][a-z0-9_]*)\s*:(.*)$")
MOST_CLAUSES = 6


@dataclass
class Statement:
    sql: str
    names: list  # the placeholder behind $1, $2, …


class SqlText:
    """The lines of one file's SQL. Each line is (number, optional parameter or None, text)."""

    def __init__(self, path, lines, report):
        self.path = path
        self.report = report
        self.lines = []
        self.optional = []  # parameters that have clauses, in order of their bit
        for number, text in lines:
            self.add(number, text)
        if len(self.optional) > MOST_CLAUSES:
            report.add(path, self.lines[0][0], f"more than {MOST_CLAUSES} parameters with optional clauses")

    def add(self, number, text):
        if not text.lstrip().startswith("--?"):
            if text.strip():
                self.lines.append((number, None, text))
            return
        match = CLAUSE.match(text.lstrip())
        if not match:
            self.report.add(self.path, number, "an optional clause is `--? parameter: SQL`")
            return
        if match[1] not in self.optional:
            self.optional.append(match[1])
        self.lines.append((number, match[1], match[2].strip()))

    def is_empty(self):
        return not any(not text.lstrip().startswith("--") for _, _, text in self.lines)

    def line_of(self, name):
        """Where a placeholder first stands."""
        found = (number for number, _, text in self.lines if re.search(rf"(?<![\w:]):{name}\b", text))
        return next(found, self.lines[0][0] if self.lines else 1)

    def line_of_clause(self, name):
        return next(number for number, clause, _ in self.lines if clause == name)

    def statement(self, present):
        """The statement in which the clauses of the parameters `present` are in force."""
        kept = [line for line in self.lines if line[1] is None or line[1] in present]
        text = "\n".join(line[2] for line in kept).rstrip().removesuffix(";").rstrip()
        names, parts = [], []
        for match in TOKEN.finditer(text):
            if match["name"]:
                if match["name"] not in names:
                    names.append(match["name"])
                parts.append(f"${names.index(match['name']) + 1}")
                continue
            if match["end"] or match["bad"]:
                line = kept[text.count("\n", 0, match.start())][0]
                self.report.add(self.path, line, "a second statement after ;" if match["end"] else
                                "a string or comment without end")
            parts.append(match.group())
        return Statement("".join(parts), names)

    def variants(self):
        """One statement for each set of present optional parameters; the index is the bit mask."""
        count = min(len(self.optional), MOST_CLAUSES)
        return [self.statement({n for bit, n in enumerate(self.optional) if mask >> bit & 1}) for mask in range(1 << count)]
