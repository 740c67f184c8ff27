"""The OpenAPI document as plain HTML: every operation, readable without JavaScript and with nothing from npm."""

import json
import re
from html import escape

DEPTH_MAX = 4


def marked(text):
    """The little Markdown that our own descriptions use: paragraphs, `- ` lists, `## ` titles, fenced and `code`."""
    made = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.split("\n")
        if block.startswith("```"):
            made.append(pre("\n".join(lines[1:-1])))
        elif block.startswith("## "):
            made.append(f"<h2>{inline(block[3:])}</h2>")
        elif all(line.startswith("- ") for line in lines):
            made.append("<ul>" + "".join(f"<li>{inline(line[2:])}</li>" for line in lines) + "</ul>")
        else:
            made.append("<p>" + inline(" ".join(lines)) + "</p>")
    return "\n".join(made)


def inline(text):
    return re.sub(r"`([^`]+)`", lambda found: f"<code>{found[1]}</code>", escape(text, quote=False))


def pre(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return f'<pre tabindex="0">{escape(text, quote=False)}</pre>'


class Page:
    def __init__(self, document):
        self.document = document

    def resolved(self, thing):
        while "$ref" in thing:
            found = self.document
            for step in thing["$ref"].lstrip("#/").split("/"):
                found = found[step]
            thing = {**found, **{k: v for k, v in thing.items() if k != "$ref"}}
        return thing

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation

    def html(self):
        parts = [marked(self.document["info"]["description"]), '<nav aria-label="Operations">']
        for tag in self.document["tags"]:
            parts.append(f'<h2>{escape(tag["name"])}</h2><p>{inline(tag.get("description", ""))}</p><ul>')
            parts += [f'<li><a href="#{op["operationId"]}"><code>{method} {escape(path)}</code></a> {inline(op["summary"])}</li>'
                      for method, path, op in self.operations() if tag["name"] in op["tags"]]
            parts.append("</ul>")
        parts.append("</nav>")
        parts += [self.article(*one) for one in self.operations()]
        return "\n".join(parts) + "\n"

    def article(self, method, path, operation):
        parts = [f'<article id="{operation["operationId"]}"><h2><code>{method} {escape(path)}</code></h2>',
                 f'<p><strong>{inline(operation["summary"])}</strong></p>']
        if operation["description"].rstrip(".") != operation["summary"]:
            parts.append(marked(operation["description"]))
        parts += self.parameters(operation)
        parts += self.body(operation)
        parts.append("<h3>Answers</h3><dl>")
        for status, answer in operation["responses"].items():
            answer = self.resolved(answer)
            parts.append(f"<dt>{status}</dt><dd>{marked(answer['description'])}")
            parts += [f"<p>{escape(media)}</p>{pre(content['example'])}"
                      for media, content in answer.get("content", {}).items() if "example" in content]
            parts.append("</dd>")
        parts.append("</dl></article>")
        return "\n".join(parts)

    def parameters(self, operation):
        found = [self.resolved(p) for p in operation.get("parameters", [])]
        if not found:
            return []
        rows = "".join(
            f'<tr><th scope="row"><code>{escape(p["name"])}</code></th><td>{p["in"]}{", required" if p.get("required") else ""}</td>'
            f'<td>{inline(p.get("description", ""))}{self.bounds(p["schema"])}</td></tr>' for p in found)
        return [f'<h3>Parameters</h3><div class="wide" tabindex="0"><table>{rows}</table></div>']

    def body(self, operation):
        parts = []
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            parts.append(f"<h3>Body: {escape(media)}</h3>")
            rows = "".join(self.members(content["schema"], "", 0))
            if rows:
                parts.append(f'<div class="wide" tabindex="0"><table>{rows}</table></div>')
            if "example" in content:
                parts.append(pre(content["example"]))
        return parts

    def members(self, schema, before, depth):
        schema = self.resolved(schema)
        for name, member in schema.get("properties", {}).items():
            member = self.resolved(member)
            needed = ", required" if name in schema.get("required", []) else ""
            yield (f'<tr><th scope="row"><code>{escape(before + name)}</code></th><td>{kinds(member)}{needed}</td>'
                   f'<td>{inline(member.get("description", ""))}{self.bounds(member)}</td></tr>')
            if depth < DEPTH_MAX:
                inner, mark = (member["items"], "[].") if "items" in member else (member, ".")
                yield from self.members(inner, before + name + mark, depth + 1)

    def bounds(self, schema):
        schema = self.resolved(schema)
        said = [f"one of {', '.join(map(str, schema['enum']))}"] if "enum" in schema else []
        said += [f"{word} {schema[key]}" for key, word in (
            ("format", "format"), ("minimum", "at least"), ("maximum", "at most"), ("maxLength", "longest"),
            ("maxItems", "items at most"), ("default", "default")) if key in schema]
        return f" <small>{escape('; '.join(said))}</small>" if said else ""


def kinds(schema):
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else kind


def html(document):
    return Page(document).html()
