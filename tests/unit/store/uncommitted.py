"""A database on which everything can be taken back."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, closing, contextmanager

from openaddons.store.session import Database, P, T, Transaction, Verb


class Uncommitted(Database):
    """One long transaction on a database: so what was done can be taken back."""

    def __init__(self, beneath: Database) -> None:
        super().__init__(beneath.engine, beneath.clock)
        self._connection = beneath.engine.connect()
        self._connection.exec_driver_sql("BEGIN")

    def start(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            with self._savepoint("verb", keep=True):
                future.set_result(verb(Transaction(self._connection, self.clock.now()), *args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future

    def read(self, verb: Verb[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return verb(Transaction(self._connection, self.clock.now()), *args, **kwargs)

    def trial(self) -> AbstractContextManager[None]:
        """Take back at the end what was done within the block."""
        return self._savepoint("trial", keep=False)

    def close(self) -> None:
        self._connection.exec_driver_sql("ROLLBACK")
        self._connection.close()

    @contextmanager
    def _savepoint(self, name: str, *, keep: bool) -> Iterator[None]:
        self._connection.exec_driver_sql(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            keep = False
            raise
        finally:
            if not keep:
                self._connection.exec_driver_sql(f"ROLLBACK TO {name}")
            self._connection.exec_driver_sql(f"RELEASE {name}")


def uncommitted(beneath: Database) -> AbstractContextManager[Uncommitted]:
    """One long transaction on a database, taken back at the end of the block."""
    return closing(Uncommitted(beneath))
