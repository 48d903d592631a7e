"""The error that a user's mistake raises."""

import re
import shlex
from ast import literal_eval
from collections.abc import Mapping

# A parameter in a message, or a sentence of advice. `repr` escapes both control characters, so no quoted value
# looks like one.
NAMED = re.compile("\0(.*?)\0")
ADVICE = re.compile("( ?)\1(.*?)\1(.*?)\1(.*?)\1(.*?)\1")


def named(parameter: str) -> str:
    """Return a parameter as a part of an error message.

    Each surface (Python, command line, page) shows the parameter under its own name.

    >>> print(TinyNetError(f"is 'bce' and {named('output')} is 'tanh'.", parameter="loss"))
    loss is 'bce' and output is 'tanh'.
    """
    return f"\0{parameter}\0"


def advice(parameter: str, value: object, *, condition: str = "", otherwise: str = "") -> str:
    """Return the sentence that advises to set a parameter.

    At the command line the sentence contains the option, ready to be typed.

    value : the value to set, or a list with the value to add.
    condition : when to follow the advice, such as "If the column holds numbers".
    otherwise : the sentence for a command that has no option for the parameter.

    >>> error = TinyNetError(f"is on. {advice('augment', False)}", parameter="augment")
    >>> print(error)
    augment is on. Set augment to False.
    >>> print(error.renamed({"augment": "--augment"}))
    --augment is on. Remove --augment.
    """
    return f"\1{parameter}\1{value!r}\1{condition}\1{otherwise}\1"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun.

    >>> counted(1, "example"), counted(2000, "example")
    ('1 example', '2,000 examples')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


class TinyNetError(ValueError):
    """A mistake of the user.

    message : str. The value found, the rule, and what to do, in one or two short sentences. It names every further
        parameter with `named` or `advice`.
    parameter : str or None. The parameter that is wrong. If it is given, `str(error)` begins with it.

    The class is a `ValueError`, so library users can catch it without a new name. The command
    line prints the error without a traceback and ends with exit code 2.

    >>> error = TinyNetError(f"is 'bce' and {named('output')} is 'tanh'.", parameter="loss")
    >>> error.parameters
    ('loss', 'output')
    >>> print(error.renamed({"loss": "--loss", "output": "--output"}))
    --loss is 'bce' and --output is 'tanh'.
    """

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        self.message = message if parameter is None else f"{named(parameter)} {message}"
        super().__init__(NAMED.sub(r"\1", self.template))

    @property
    def template(self) -> str:
        """The text, with each parameter between two NUL characters."""
        return ADVICE.sub(lambda found: _in_python(*found.groups()[:-1]), self.message)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter that the message names, in order."""
        return tuple(dict.fromkeys(NAMED.findall(self.template)))

    def renamed(self, names: Mapping[str, str]) -> "TinyNetError":
        """Return the error with other names for its parameters.

        The new names are, for example, the options of a command.

        names : new names by parameter. A parameter without a new name keeps its own. A name that is neither an option
            nor an identifier belongs to a parameter that cannot be set there.
        """

        def sentence(found: re.Match[str]) -> str:
            space, parameter, value, condition, otherwise = found.groups()
            name = names.get(parameter, parameter)
            if name.startswith("--"):
                return space + _option(name, value, condition)
            if name.isidentifier():
                return _in_python(space, parameter, value, condition)
            return space + otherwise if otherwise else ""

        text = ADVICE.sub(sentence, self.message)
        return TinyNetError(NAMED.sub(lambda found: names.get(found[1], found[1]), text).rstrip())


def _in_python(space: str, parameter: str, value: str, condition: str) -> str:
    setting = literal_eval(value)
    if isinstance(setting, list):
        return space + _sentence(condition, "add", f"{setting[0]!r} to {named(parameter)}")
    return space + _sentence(condition, "set", f"{named(parameter)} to {value}")


def _option(name: str, value: str, condition: str) -> str:
    """Return advice that contains a command-line option with its value."""
    setting, (yes, _, no) = literal_eval(value), name.partition("/")
    if isinstance(setting, bool):
        return _sentence(condition, "use" if setting or no else "remove", yes if setting else no or yes)
    setting = setting[0] if isinstance(setting, list) else setting
    word = shlex.quote(str(setting))
    if not any(map(str.isalnum, word)) and not word.startswith("'"):
        word = f"'{word}'"  # a sentence may end with . or ,
    return _sentence(condition, "use", f"{name} {word}")


def _sentence(condition: str, verb: str, rest: str) -> str:
    return f"{condition}, {verb} {rest}." if condition else f"{verb.capitalize()} {rest}."
