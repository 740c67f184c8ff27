"""One of everything of room files (see support/world.py)."""
import world

PLACE = 25


def upload(made, query):
    answer = made.run.ask("POST", "/v1/files?name=" + query, b"%PDF-1.4\n%" + world.unique().encode() + b"\n%%EOF\n", made.key,
                          {"content-type": "application/pdf"})
    if answer.status != 201:
        raise RuntimeError("upload: %r" % answer)
    return answer.json["file_id"]


def fill(made):
    made.values["file_id"] = upload(made, "bill.pdf&shipment_id=" + made.values["shipment_id"])
    made.values.fresh["fresh_file_id"] = [upload(made, "note.pdf") for _ in range(world.FRESH)]
