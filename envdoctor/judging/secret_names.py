"""Which variables are called a password, a token or a key, so that their values should not get into an image."""

from __future__ import annotations

from itertools import pairwise

from envdoctor.patterns import lazily

_WORDS = lazily(r"[A-Z][a-z0-9]+|[A-Z0-9]+|[a-z0-9]+")
_SECRET = frozenset(
    "PASSWORD PASSWORDS PASSWD PASSPHRASE TOKEN SECRET SECRETS APIKEY CREDENTIAL CREDENTIALS PAT".split()
)
_KEYS = frozenset({"API", "ACCESS", "PRIVATE", "SSH", "DEPLOY", "SECRET", "LICENSE", "ENCRYPTION", "SIGNING"})
# HF_TOKEN_PATH, SECRET_NAME, MAX_TOKEN, PAD_TOKEN, ALLOW_EMPTY_PASSWORD, AWS_ACCESS_KEY_ID, DEPLOY_KEY_PUB
_NO_SECRET_LAST = frozenset(
    "ID IDS NAME FILE PATH DIR FOLDER URL URI HOST ENDPOINT VERSION LENGTH LEN LIMIT COUNT SIZE TTL TYPE MODE EXPIRY PUB KEYS"
    " HEADER PREFIX SUFFIX ALGORITHM PROVIDER BACKEND STORE FORMAT LIFETIME TIMEOUT SECONDS MINUTES HOURS DAYS ISSUER AUDIENCE".split()
)
_NO_SECRET = frozenset(
    "PUBLIC PUBKEY MAX MIN NUM PAD EOS BOS UNK CLS SEP MASK STOP SPECIAL IMAGE VIDEO AUDIO ALLOW DISABLE ENABLE USE REQUIRE"
    " SKIP HAS EMPTY WITHOUT IGNORE FORCE CHECK".split()
)


def names_a_secret(name: str) -> bool:
    """HF_TOKEN, PYPI_PASSWORD, WANDB_API_KEY; not TOKENIZERS_PARALLELISM, MAX_TOKENS, GPG_KEY (an id), SECRET_NAME."""
    words = [word.upper() for word in _WORDS.findall(name[:200])]
    if not words or words[-1] in _NO_SECRET_LAST or not _NO_SECRET.isdisjoint(words):
        return False
    if words[-1] == "PAT" or not (_SECRET - {"PAT"}).isdisjoint(words):
        return True
    return any(second == "KEY" and first in _KEYS for first, second in pairwise(words))
