"""The human-safe reference: area prefix, seven random characters and a check character, as KM-7F3K-92QM."""

from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty characters; none of 0 O 1 I L U, which people confuse or misread."""
RANDOM_CHARACTERS = 7
GROUP = 4


def check_character(prefix: str, body: str) -> str:
    """Return the check character for an area prefix and the seven random characters.

    Weights run 1, 2, 3 … modulo 31, a prime, so that any single wrong character and any swap of neighbours is found.
    Remainder 30 has no character in the alphabet: such bodies are never issued.
    """
    total = sum(weight * (ord(character) % 31) for weight, character in enumerate(prefix, start=11))
    total += sum(weight * ALPHABET.index(character) for weight, character in enumerate(body, start=1))
    remainder = total % 31
    return ALPHABET[remainder] if remainder < len(ALPHABET) else ""


def make_reference(prefix: str, choose: Callable[[str], str]) -> str:
    """Return a new reference for an area prefix; `choose` picks one random character of a string (secrets.choice)."""
    while True:
        body = "".join(choose(ALPHABET) for _ in range(RANDOM_CHARACTERS))
        check = check_character(prefix, body)
        if check:
            return f"{prefix}-{body[:GROUP]}-{body[GROUP:]}{check}"


def tidy_reference(text: str) -> str:
    """Return a reference as it is stored, however somebody wrote it: " km7f3k 92qm " is KM-7F3K-92QM."""
    letters = "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())
    prefix, body = letters[: -2 * GROUP], letters[-2 * GROUP :]
    return f"{prefix}-{body[:GROUP]}-{body[GROUP:]}" if prefix else letters


def is_reference(text: str) -> bool:
    """Say whether a text, in upper case, is a well-formed reference with the right check character."""
    parts = text.split("-")
    if len(parts) != 3 or not parts[0].isalpha() or len(parts[1]) != GROUP or len(parts[2]) != GROUP:  # noqa: PLR2004
        return False
    body, check = parts[1] + parts[2][:-1], parts[2][-1]
    return all(c in ALPHABET for c in body) and check_character(parts[0], body) == check
