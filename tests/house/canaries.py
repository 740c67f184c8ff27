"""A canary in every column of a world: a text or number that stands in no other column, so that whoever sees it sees the column.

    planted = canaries.plant(run.database)     # superuser; checks of the tables go, their rows stay
    planted.found(answer.body)                  # {"orders.leg.cost_amount", …}
    planted.left                                # {"orders.order_.state": why it could not hold one}

Texts are zqk7w<column>x<row>, long enough that no cursor or token holds one by chance; numbers 7<column, five digits><row, two digits>3 with the point wherever the column has room for
them; documents keep their form, get the canary in each text and number, and one member more that nobody knows.
"""
import re

TEXT = re.compile(r"zqk7w(\d{1,5})x", re.I)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

# Columns on which the reading itself hangs: who asks, how far he reaches, where a number is looked up, in which zone a time is told.
BEARING = re.compile(r"^(identity\.(role\.(role|scopes)|role_grant\.role|api_key\.(key_ref|scopes|addresses))|crm\.account\.scac"
                     r"|orders\.(shipment|leg|consignment)\.carrier_scac|orders\.shipment_number\.number_key|files\.file\.visibility"
                     r"|.*(\.|_)zone)$")

COLUMNS = """
select n.nspname || '.' || c.relname || '.' || a.attname, t.typname, coalesce(information_schema._pg_numeric_precision(a.atttypid, a.atttypmod), 0),
       coalesce(information_schema._pg_numeric_scale(a.atttypid, a.atttypmod), 0),
       case when exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and a.attnum = any (k.conkey))
                 or exists (select from pg_constraint k where k.confrelid = c.oid and k.contype = 'f' and a.attnum = any (k.confkey)) then 'names another row'
            when exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
                            and pg_get_constraintdef(k.oid) ~ '= ANY \\(+ARRAY') then 'one word of a closed list'
            when a.attgenerated <> '' then 'made of other columns' else '' end
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
 where c.relkind in ('r', 'p') and not c.relispartition and t.typname in ('text', '_text', 'varchar', 'bpchar', 'json', 'jsonb', 'numeric', 'int2', 'int4', 'int8', 'float8')
   and exists (select from pg_attribute w where w.attrelid = c.oid and w.attname = 'tenant_id' and not w.attisdropped)
 order by 1;"""

PREPARE = """
set session_replication_role = replica;
do $$ declare k record; begin
    for k in select c.conrelid::regclass as t, c.conname from pg_constraint c
              where c.contype = 'c' and c.conparentid = 0 and exists (select from pg_attribute w where w.attrelid = c.conrelid and w.attname = 'tenant_id') loop
        execute format('alter table %s drop constraint if exists %I', k.t, k.conname);
    end loop;
end $$;
create or replace function pg_temp.canary(doc jsonb, t text, n numeric) returns jsonb language sql as $f$
    select case jsonb_typeof(doc)
        when 'object' then (select coalesce(jsonb_object_agg(e.key, pg_temp.canary(e.value, t, n)), '{}') || jsonb_build_object('zq_stray', t) from jsonb_each(doc) e)
        when 'array' then (select coalesce(jsonb_agg(pg_temp.canary(e.value, t, n)), '[]') from jsonb_array_elements(doc) e)
        when 'string' then case when doc #>> '{}' ~ '^([A-Z_]+|[0-9a-f]{8}-[0-9a-f-]{27}|\\d{4}-\\d\\d-\\d\\d.*|\\d\\d:\\d\\d|[A-Z][A-Za-z_]+/[A-Za-z_/]+)$' then doc else to_jsonb(t) end
        when 'number' then to_jsonb(n)
        else doc end $f$;
"""

# One column of one table; a column that cannot hold it says why and stays as it was.
PLANT = """
do $$ begin
    with numbered as (select ctid as at, tableoid as part, row_number() over (order by ctid) as row from %(table)s)
    update %(table)s t set %(column)s = %(value)s from numbered r where t.ctid = r.at and t.tableoid = r.part;
exception when others then
    insert into pg_temp.refused values ('%(name)s', sqlstate);
end $$;"""


def value_of(kind, index, precision, scale):
    """SQL of the canary for column `index`; None when there is no room for its nine digits."""
    digits = "(7%05d003 + r.row %% 99 * 10)" % index
    text = "('zqk7w%dx' || r.row)" % index
    if kind in ("text", "varchar", "bpchar"):
        return text
    if kind == "_text":
        return "array[%s]" % text
    if kind in ("json", "jsonb"):
        return "pg_temp.canary(t.%%s::jsonb, %s, %s)" % (text, digits)
    if kind == "int2" or (kind == "numeric" and 0 < precision < 9):
        return None
    if kind == "numeric" and precision and precision - scale < 9:
        return "%s / 1e%d" % (digits, 9 - (precision - scale))
    return digits


class Planted:
    def __init__(self, names, left):
        self.names, self.left = names, left

    def found(self, body):
        """Names of the columns whose canary stands in a body, bytes."""
        text = body.decode("utf-8", "replace")
        numbers = {int(n) for n in TEXT.findall(text)}
        for token in NUMBER.findall(text):
            digits = re.match(r"0*(7\d{5}\d{2}3)0*$", (token.rstrip("0") if "." in token else token).replace(".", "").lstrip("-"))
            if digits:
                numbers.add(int(digits.group(1)[1:6]))
        return {self.names[n] for n in numbers if n < len(self.names)}


def plant(database):
    names, left, script = [], {}, [PREPARE, "create temp table refused (name text, why text);"]
    for line in database.sql(COLUMNS).split("\n"):
        name, kind, precision, scale, why = line.split("|")
        names.append(name)
        table, column = name.rsplit(".", 1)
        value = value_of(kind, len(names) - 1, int(precision), int(scale))
        if why or BEARING.match(name) or value is None:
            left[name] = why or ("the reading hangs on it" if value else "too small for nine digits")
            continue
        script.append(PLANT % {"table": table, "column": column, "name": name, "value": value.replace("%s", column)})
    script.append("select name || '|' || why from pg_temp.refused order by 1;")
    refused = database.sql("\n".join(script) + "\nset session_replication_role = origin;")
    for line in filter(None, refused.split("\n")):
        name, why = line.split("|")
        left[name] = "does not fit: " + why
    return Planted(names, left)
