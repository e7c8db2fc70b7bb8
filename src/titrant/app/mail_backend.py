"""Django's way to the mail server, with an end to how long one connection may take."""

import smtplib
import socket
import threading
from contextlib import suppress
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

LONGEST_S = 30.0


class _Ending(smtplib.SMTP):
    """A connection that is cut when its time is over.

    The time-out of a socket is for each answer. A server that sends a line every few seconds would hold the worker, and
    with it every alarm, for ever.
    """

    _end: threading.Timer | None = None

    def connect(self, *given: Any, **named: Any) -> Any:
        self._end = threading.Timer(LONGEST_S, self._cut)
        self._end.daemon = True
        self._end.start()
        try:
            return super().connect(*given, **named)
        except BaseException:
            self._end.cancel()
            raise

    def _cut(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._end is not None:
            self._end.cancel()
        super().close()


class _EndingTls(_Ending, smtplib.SMTP_SSL):
    pass


class Backend(EmailBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _EndingTls if self.use_ssl else _Ending
