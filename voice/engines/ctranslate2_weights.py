"""The weights in a CTranslate2 model file, read where they lie: nothing is loaded before it is used.

The format is CTranslate2's own binary version 6 (its `ModelSpec.save`): a header, then name, shape, type and bytes of
each variable, then aliases. All numbers are little-endian.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

__all__ = ["Weights"]

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_VERSION = 6
_MOST = 100_000  # variables, dimensions and letters beyond which the file is certainly something else


class Weights:
    """A model's variables by name.

    Args:
        path: a CTranslate2 `model.bin`.

    Raises:
        ValueError: it isn't one, of another version, or cut.
    """

    def __init__(self, path: Path | str) -> None:
        self._at = 0
        self._found: dict[str, np.ndarray] = {}
        try:
            self._bytes = np.memmap(path, mode="r")  # an empty file raises ValueError
            self._read()
        except (struct.error, KeyError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} isn't a whole CTranslate2 model: {error}") from error

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def stored(self, name: str) -> np.ndarray:
        """As it lies in the file.

        Raises:
            ValueError: there is no such variable.
        """
        if name not in self._found:
            raise ValueError(f"the model has no {name}: it isn't a Whisper for CTranslate2")
        return self._found[name]

    def rows(self, name: str, which: np.ndarray | slice = slice(None)) -> np.ndarray:
        """float32 copy of a variable, or of some of its first dimension, whatever type it is stored in.

        int8 is stored as value times scale, one scale a row.
        """
        found = self.stored(name)[which].astype(np.float32)
        scale = f"{name}_scale"
        if scale in self._found:
            factors = self.stored(scale).astype(np.float32)
            factors = factors[which] if factors.ndim else factors
            found /= factors.reshape(factors.shape + (1,) * (found.ndim - factors.ndim))
        return found

    def _read(self) -> None:
        (version,) = self._take("I")
        if version != _VERSION:
            raise ValueError(f"binary version {version} instead of {_VERSION}")
        self._name()
        _, count = self._take("II")
        for _ in range(self._plausible(count)):
            name = self._name()
            (dimensions,) = self._take("B")
            shape = self._take(f"{dimensions}I")
            kind, size = self._take("BI")
            piece = self._bytes[self._at : self._at + size]
            self._at += size
            if len(piece) != size:
                raise ValueError(f"cut in {name}")
            self._found[name] = piece.view(_TYPES[kind]).reshape(shape)
        (aliases,) = self._take("I")
        for _ in range(self._plausible(aliases)):
            alias, name = self._name(), self._name()
            self._found[alias] = self.stored(name)

    def _take(self, form: str) -> tuple[int, ...]:
        size = struct.calcsize(f"<{form}")
        values = struct.unpack(f"<{form}", bytes(self._bytes[self._at : self._at + size]))
        self._at += size
        return values

    def _name(self) -> str:
        (length,) = self._take("H")
        text = bytes(self._bytes[self._at : self._at + length])
        self._at += length
        return text.rstrip(b"\0").decode()

    @staticmethod
    def _plausible(count: int) -> int:
        if count > _MOST:
            raise ValueError(f"{count} variables")
        return count
