"""Log lines that cannot carry a patient: the event and allow-listed keys, nothing of what was sent or shown."""

import json
import logging
import traceback

_ALLOWED = ("event", "case", "route", "status", "number", "seconds", "worker", "attempt", "kind")


class AllowedLine(logging.Formatter):
    """One JSON line. The text of a record is kept only for Titrant's own fixed sentences; a trace keeps its places."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.startswith("titrant")
        line = {"at": self.formatTime(record), "level": record.levelname, "logger": record.name}
        line |= {"event": str(record.msg)} if own and not record.args else {"event": record.name}
        line |= {key: str(getattr(record, key)) for key in _ALLOWED if key != "event" and hasattr(record, key)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["places"] = [f"{one.name}:{one.lineno}" for one in traceback.extract_tb(record.exc_info[2])][-6:]
        return json.dumps(line)
