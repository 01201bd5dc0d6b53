"""Join a script and the files that it imports into one: a page that was opened from a disk may import nothing."""

import re
from pathlib import Path

IMPORT = re.compile(r'^import (\w+|\{[^}]+\}) from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
COMMENT = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entry: Path) -> str:
    """Write a script behind all that it imports: each file once, in a scope of its own, so that no names clash.

    entry: keeps its exports; none of them is imported by another file
    Lines that hold a comment alone are left out: every page carries the script.
    Understands `import { a, b } from "./file.js";`, `import name from "./file.cjs";` (a CommonJS module), and
    `export` before a function, a constant or a class.
    Raises ValueError for any other import or export, for a name that a file does not export, and for a circle.
    """
    parts: list[str] = []
    exports: dict[Path, tuple[str, list[str]]] = {}  # file -> the constant that holds its exports, their names

    def body(path: Path, *importers: Path) -> str:
        """Bundle what a file imports, and give its text with constants in place of the imports."""
        if path in importers:
            raise ValueError(f"{path.name} imports itself, by way of {importers[-1].name}")

        def constants(match: re.Match) -> str:
            file = (path.parent / match[2]).resolve()
            holder, known = add(file, *importers, path)
            names = re.findall(r"\w+", match[1]) if match[1].startswith("{") else []
            if missing := [name for name in names if name not in known]:
                raise ValueError(f"{path.name}: {file.name} does not export {', '.join(missing)}")
            return f"const {match[1]} = {holder};\n"

        return IMPORT.sub(constants, COMMENT.sub("", path.read_text(encoding="utf-8")))

    def add(path: Path, *importers: Path) -> tuple[str, list[str]]:
        """Write a file into a scope of its own, the first time that it is imported."""
        if path not in exports:
            if path.suffix == ".cjs":
                text, names = path.read_text(encoding="utf-8"), []
                scope = f"((module) => {{ {text}\nreturn module.exports; }})({{ exports: {{}} }})"
            else:
                text = body(path, *importers)
                names = EXPORT.findall(text)
                text = plain(path, EXPORT.sub("", text))
                scope = f"(() => {{\n{text}return {{ {', '.join(names)} }};\n}})()"
            exports[path] = f"file{len(exports)}", names
            parts.append(f"const {exports[path][0]} = {scope};\n")
        return exports[path]

    def plain(path: Path, text: str) -> str:
        if left := OTHER.search(text):
            raise ValueError(f"{path.name}: {left[0]!r} cannot be bundled")
        return text

    entry = entry.resolve()
    text = body(entry)
    plain(entry, EXPORT.sub("", text))
    return "".join(parts) + text
