"""Join a script and the files that it imports into one: a page that was opened from a disk may import nothing."""

import re
from pathlib import Path

IMPORT = re.compile(r'^import (\w+|\{[^}]+\}) from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Write a script after all that it imports: each file once, in its own scope, so that no names clash.

    entry: keeps its exports; none of them is imported by another file
    Lines that hold only a comment are left out, because every page carries the script.
    Understands `import { a, b } from "./file.js";`, `import name from "./file.cjs";` (a CommonJS module), and
    `export` before a function, a constant or a class. Raises ValueError for any other import or export.
    """
    parts: list[str] = []
    holders: dict[Path, str] = {}  # file -> the constant that holds its exports

    def body(path: Path) -> str:

        def constants(match: re.Match) -> str:
            return f"const {match[1]} = {holder((path.parent / match[2]).resolve())};\n"

        text = IMPORT.sub(constants, COMMENT.sub("", path.read_text(encoding="utf-8")))
        if other := OTHER.search(EXPORT.sub("", text)):
            raise ValueError(f"{path.name}: {other[0]!r} cannot be bundled")
        return text

    def holder(path: Path) -> str:
        """Write a file into its own scope, the first time that it is imported: -> the constant."""
        if path not in holders:
            if path.suffix == ".cjs":
                text = path.read_text(encoding="utf-8")
                scope = f"((module) => {{ {text}\nreturn module.exports; }})({{ exports: {{}} }})"
            else:
                text = body(path)
                names = ", ".join(EXPORT.findall(text))
                scope = f"(() => {{\n{EXPORT.sub('', text)}return {{ {names} }};\n}})()"
            holders[path] = f"file{len(holders)}"
            parts.append(f"const {holders[path]} = {scope};\n")
        return holders[path]

    text = body(entry.resolve())
    return "".join(parts) + text
