"""Acts come in families: `change.opened` and `change.submitted` are of the family `change.`."""

from typing import Any

from django.db.models import CharField, Func


class Family(Func):
    """The family of an act, its dot included, in SQL.

    Without parameters: an index is used only where the query says the same, letter by letter.
    """

    template = "SUBSTR(%(expressions)s, 1, INSTR(%(expressions)s, '.'))"
    arity = 1
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """PostgreSQL's own names for the same."""
        template = "LEFT(%(expressions)s, STRPOS(%(expressions)s, '.'))"
        return self.as_sql(compiler, connection, template=template, **context)
