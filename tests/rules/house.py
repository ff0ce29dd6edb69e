"""The rules no import contract can express. Each returns what breaks it, as `where: what to do`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from tests.rules.source_tree import Import, SourceModule

Modules = Mapping[str, SourceModule]

MODULE_LINES = 400
# The verifier is handed to an auditor as one file that runs alone, so it cannot be split.
ALONE = {"tiebeam.verifier": 700}
FUNCTION_LINES = 50
FACES = {"cli", "serve", "api", "gateway", "web", "mcp", "a2a", "http"}
FRAMEWORKS = {"fastapi", "starlette", "uvicorn", "jinja2", "click", "rich", "python_multipart"}
VAGUE_NAMES = {"service", "services", "manager", "managers", "utils", "util", "helpers", "helper", "common", "misc"}
# Libraries that cost a start more than a few milliseconds, or a core that does not need them its lightness.
HEAVY = {
    "alembic",
    "aiconfigurator_core",
    "authlib",
    "cedarpy",
    "cel",
    "cronsim",
    "ctypes",
    "duckdb",
    "pyarrow",
    "pyarrow.parquet",
    "genai_prices",
    "httpcore",
    "httpx",
    "joserfc",
    "jsonschema_rs",
    "keyring",
    "lxml",
    "numpy",
    "openpyxl",
    "opentelemetry",
    "psycopg",
    "pydantic_ai",
} | {
    "pypdfium2",
    "pypdfium2_raw",
    "rapidfuzz",
    "sklearn",
    "sqlalchemy",
    "uvicorn",
}
# Whatever opens connections to other machines, and the only modules that may import it.
CONNECTING = {"aiohttp", "certifi", "ftplib", "http.client", "httpcore", "httpcore2", "httpx", "httpx2", "imaplib"} | {
    "poplib",
    "requests",
    "smtplib",
    "socket",
    "ssl",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc",
}
CONNECTED = {
    # Tells workers of one machine apart by its name.
    "tiebeam.engine.neighbours": {"socket"},
    # Listen.
    "tiebeam.serve.listening": {"socket"},
    "tiebeam.serve.probing": {"socket"},
    "tiebeam.serve.serving": {"socket"},
    "tiebeam.gateway.running": {"socket"},
    # Speaks to the mail server over a connection that connect.outgoing has checked and opened.
    "tiebeam.connect.notify.smtp": {"smtplib", "socket", "ssl"},
}
# Standard modules that only some systems have.
PLATFORM_ONLY = {"fcntl", "grp", "msvcrt", "pwd", "resource", "winreg"}
MUTABLE_CALLS = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "OrderedDict", "Counter", "count"} | {
    "Lock",
    "RLock",
    "Event",
    "Condition",
    "Semaphore",
    "Queue",
    "SimpleQueue",
    "local",
    "WeakValueDictionary",
    "open",
    "create_engine",
    "Client",
    "AsyncClient",
}
MUTATORS = {"append", "add", "update", "setdefault", "pop", "popitem", "extend", "insert", "remove", "discard", "clear"}


def long_modules(modules: Modules) -> Iterator[str]:
    for module in modules.values():
        lines, most = len(module.text.splitlines()), ALONE.get(module.name, MODULE_LINES)
        if lines > most:
            yield f"{module.name}: {lines} lines; split it below {most}"


def long_functions(modules: Modules) -> Iterator[str]:
    for module in modules.values():
        for function in module.functions():
            lines = (function.end_lineno or function.lineno) - function.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{module.name}:{function.lineno} {function.name}: {lines} lines; split it below {FUNCTION_LINES}"


def back_doors(modules: Modules) -> Iterator[str]:
    """A module is imported from inside its own package only; everyone else takes the package's front door."""
    for module in modules.values():
        for imported in module.imports:
            for target in _targets(imported, modules):
                if not _is_front_door(target, importer=module, modules=modules):
                    yield f"{module.name}:{imported.line} imports {target}; import from {target.rpartition('.')[0]}"


def foreign_tables(modules: Modules) -> Iterator[str]:
    """A table is imported by its own room only, and no front door hands one out."""
    for module in modules.values():
        for imported in module.imports:
            owners = [t for t in (imported.target, *_submodules(imported)) if t.rpartition(".")[2] == "tables"]
            for owner in owners:
                if owner.split(".")[:1] != ["tiebeam"]:
                    continue
                if owner.split(".")[1] != module.room:
                    yield f"{module.name}:{imported.line} imports {owner}; ask the room's verbs instead"
                elif module.is_package and set(imported.names) & module.exported() & _tables_of(modules.get(owner)):
                    yield f"{module.name}:{imported.line} exports tables; keep them inside the room"


def hidden_imports(modules: Modules) -> Iterator[str]:
    """No import inside a function, but in the CLI, and of heavy or platform-bound libraries.

    A neighbour in the same package that brings such a library with it counts as that library.
    """
    for module in modules.values():
        if module.room == "cli":
            continue
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        for imported in module.imports:
            if not imported.inside_function or imported.target.partition(".")[0] in HEAVY | PLATFORM_ONLY:
                continue
            if not (
                imported.target.startswith(f"{package}.") and _brings_weight(imported.target, modules, frozenset())
            ):
                yield f"{module.name}:{imported.line} imports {imported.target} inside a function; move it to the top"


def stray_frameworks(modules: Modules) -> Iterator[str]:
    """Also of rooms the import contracts do not name yet."""
    for module in modules.values():
        for imported in module.imports:
            if imported.target.partition(".")[0] in FRAMEWORKS and module.room not in FACES:
                yield f"{module.name}:{imported.line} imports {imported.target}; only a face may"


def module_state(modules: Modules) -> Iterator[str]:
    for module in modules.values():
        constants: set[str] = set()
        for node in module.tree.body:
            for name, value in _bindings(node):
                if _is_empty_container(value) or _calls_mutable(value):
                    yield f"{module.name}:{node.lineno} {name} is state of the module; pass it in"
                elif isinstance(value, ast.List | ast.Dict | ast.Set):
                    constants.add(name)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Global):
                yield f"{module.name}:{node.lineno} global {', '.join(node.names)}; pass it in"
            elif (name := _mutated(node)) and name in constants:
                yield f"{module.name}:{node.lineno} changes the constant {name}; pass it in"


def vague_names(modules: Modules) -> Iterator[str]:
    for module in modules.values():
        if module.name.rpartition(".")[2] in VAGUE_NAMES:
            yield f"{module.name}: name the module after what it knows"


def missing_front_doors(modules: Modules) -> Iterator[str]:
    """Every folder with modules is a package, and every package with neighbours says what it offers in `__all__`."""
    parents = {module.name.rpartition(".")[0] for module in modules.values()} - {""}
    yield from (f"{parent}: the folder has modules, but no __init__.py" for parent in sorted(parents - set(modules)))
    for module in modules.values():
        takes = any(imported.target.startswith("tiebeam") for imported in module.imports)
        if module.is_package and takes and not module.exported():
            yield f"{module.name}: the front door has no __all__"


def silent_excepts(modules: Modules) -> Iterator[str]:
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and _is_silent(node):
                yield f"{module.name}:{node.lineno} swallows an exception without a word of why"


def stray_connections(modules: Modules) -> Iterator[str]:
    """Connections to other machines are opened by `connect.outgoing` alone, which checks where they lead."""
    for module in modules.values():
        if f"{module.name}.".startswith("tiebeam.connect.outgoing."):
            continue
        for imported in module.imports:
            targets = {imported.target, imported.target.partition(".")[0], *_submodules(imported)}
            for target in sorted(targets & CONNECTING - CONNECTED.get(module.name, set())):
                yield f"{module.name}:{imported.line} imports {target}; use tiebeam.connect.outgoing"


RULES: dict[str, Callable[[Modules], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        long_modules,
        long_functions,
        back_doors,
        foreign_tables,
        hidden_imports,
        stray_frameworks,
        module_state,
        vague_names,
        missing_front_doors,
        silent_excepts,
        stray_connections,
    )
}


def _submodules(imported: Import) -> list[str]:
    return [f"{imported.target}.{name}" for name in imported.names]


def _targets(imported: Import, modules: Modules) -> Iterator[str]:
    """The modules of ours that an import reaches: the one named, and those taken out of a package by name."""
    if imported.target not in modules:
        return
    package = modules[imported.target]
    taken = [name for name in _submodules(imported) if name in modules and package.is_package]
    exported = package.exported()
    yield from (name for name in taken if name.rpartition(".")[2] not in exported)
    if len(taken) < len(imported.names) or not imported.names:
        yield imported.target


def _is_front_door(target: str, *, importer: SourceModule, modules: Modules) -> bool:
    if modules[target].is_package:
        return True
    return f"{importer.name}.".startswith(f"{target.rpartition('.')[0]}.")


def _brings_weight(name: str, modules: Modules, seen: frozenset[str]) -> bool:
    """Whether importing the module imports a heavy library that the floor of the house does not import anyway."""
    if name not in modules or name in seen:
        return False
    taken = [t for t in modules[name].imports if not t.inside_function]
    if any(t.target.partition(".")[0] in HEAVY - {"sqlalchemy", "psycopg"} for t in taken):
        return True
    return any(_brings_weight(t.target, modules, seen | {name}) for t in taken)


def _tables_of(module: SourceModule | None) -> frozenset[str]:
    bound = (pair for node in (module.tree.body if module else []) for pair in _bindings(node))
    return frozenset(name for name, value in bound if isinstance(value, ast.Call) and _called(value) == "Table")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _bindings(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name) and not _is_dunder(target.id):
                yield target.id, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_empty_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.List | ast.Set) and not value.elts


def _calls_mutable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and _called(value) in MUTABLE_CALLS


def _mutated(node: ast.AST) -> str | None:
    """The name whose content this statement or call changes, if any."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return getattr(node.value, "id", None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        return getattr(node.func.value, "id", None)
    return None


def _is_silent(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )
    return broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in handler.body)
