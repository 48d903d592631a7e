"""Jinja templates.

Values are escaped in HTML, and inserted unchanged in programs.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def render(package: str, template: str, **values: Any) -> str:
    """Render a template of a package.

    package : str. A package with a folder `templates`.
    template : str. The file name of the template.
    values : the variables of the template.
    """
    return _environment(package).get_template(template).render(**values)


@cache
def _environment(package: str) -> "Environment":
    from jinja2 import Environment, PackageLoader

    return Environment(
        loader=PackageLoader(package),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
