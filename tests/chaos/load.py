"""Clients that upload and publish while the store is being attacked."""

import threading
from collections.abc import Callable
from typing import Self

from openaddons.store.products import Product
from tests.chaos.scene import Client, Scene
from tests.stores import make_zip, wait_until

_CLIENTS = 3


class Load:
    """Clients, each with a product of its own, that upload and publish one version after the other."""

    def __init__(
        self, attacked: Scene, *, on_trouble: Callable[[], object], repeats: frozenset[int] = frozenset()
    ) -> None:
        self._scene = attacked
        self._on_trouble = on_trouble
        self._repeats = repeats
        self.repeated = 0
        self.versions = 0
        self._stopping = threading.Event()
        self._failures: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._run, args=(attacked.product(),), name=f"client-{number}")
            for number in range(_CLIENTS)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for_versions(self, count: int) -> None:
        """Wait until so many more versions have been uploaded and published."""
        target = self.versions + count
        wait_until(lambda: self.versions >= target)

    def stop(self) -> None:
        """Let every client finish its version; raises what went wrong in one."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        for failure in self._failures:
            raise failure

    def _run(self, product: Product) -> None:
        try:
            with Client(self._scene, on_trouble=self._on_trouble, repeats=self._repeats) as client:
                number = 0
                while not self._stopping.is_set():
                    number += 1
                    self._one_version(client, product, f"1.{number}.0")
                    self.versions += 1
                self.repeated += client.repeated
        except BaseException as failure:
            self._failures.append(failure)

    def _one_version(self, client: Client, product: Product, version: str) -> None:
        upload = client.upload(product, make_zip(version))
        # Accepted before the upload has ended: it waits for it.
        publish = client.publish(product)
        assert client.status(product, upload, kind="upload")["status"] == "Succeeded"
        client.status(product, publish)
