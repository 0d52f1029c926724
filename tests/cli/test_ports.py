"""Ports: a taken one is named, with its holder; free ones are all different."""

import os
import socket

import pytest

from cli import ports
from cli.errors import PortTaken


class TestFixed:
    def test_names_the_port_and_who_holds_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.create_server((ports.HOST, 0)) as listener:
            port = listener.getsockname()[1]
            monkeypatch.setattr(ports, "FIXED", {"triage": port})
            with pytest.raises(PortTaken) as refused:
                ports.fixed(demo=True)
        assert f"Port {port} (triage)" in str(refused.value)
        assert f"process {os.getpid()}" in str(refused.value)

    def test_a_real_system_needs_no_port_for_the_demonstration(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ports, "_free", lambda _: True)
        assert ports.PROVIDER not in ports.fixed(demo=False).by_name
        assert ports.fixed(demo=True).by_name[ports.PROVIDER] == 8007


class TestFree:
    def test_gives_every_listener_its_own(self) -> None:
        found = ports.free(demo=True).by_name
        assert set(found) == set(ports.FIXED)
        assert len(set(found.values())) == len(found)

    def test_gives_a_real_system_none_of_the_demonstrations(self) -> None:
        assert set(ports.FIXED) - set(ports.free(demo=False).by_name) == {ports.PROVIDER, ports.MAIL_SINK}
