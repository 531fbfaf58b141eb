"""``splicenet`` with the tests' tiny network: its settings as JSON, then the arguments."""

from __future__ import annotations

import json
import sys

from splicenet.cli import network_options
from splicenet.cli.main import main
from splicenet.model.network import NetworkConfig

if __name__ == "__main__":
    tiny = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in json.loads(sys.argv[1]).items()
    }
    network_options.NetworkConfig = lambda **chosen: NetworkConfig(**{**chosen, **tiny})
    main(sys.argv[2:])
