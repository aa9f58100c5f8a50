"""Usual ports where they are free, others where they are not."""

import socket
from dataclasses import astuple

import pytest

from local.errors import StackError
from local.ports import ADDRESS, ANY, Ports, answers, is_free, wait_until


def test_a_port_in_use_is_not_taken() -> None:
    free = ANY.available()
    with socket.create_server((ADDRESS, free.http)):
        chosen = free.available()
        assert not is_free(free.http)
        assert answers(free.http)
    assert chosen.http != free.http
    assert astuple(chosen)[1:] == astuple(free)[1:]


def test_ports_are_distinct() -> None:
    assert len(set(astuple(ANY.available()))) == 5
    port = ANY.available().http
    assert len(set(astuple(Ports(port, port, port, port, port).available()))) == 5


def test_waiting_ends_with_a_reason() -> None:
    with pytest.raises(StackError, match="It stopped while it was starting"):
        wait_until(lambda: False, lambda: False, 10, "It")
    with pytest.raises(StackError, match="It did not answer within 0 s"):
        wait_until(lambda: False, lambda: True, 0, "It")
