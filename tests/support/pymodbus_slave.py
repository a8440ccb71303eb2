#!/usr/bin/python3
"""Modbus units 1 and 2 played by pymodbus, a stack that shares no code with ours.

    pymodbus_slave.py rtu PATH | tcp PORT | rtu-over-tcp PORT

Coil i of 200 is on where i % 3 == 0, discrete input i where i % 2 == 1; holding register i is 2000 * unit + i, input register i is
1000 * unit + i. Other units are answered with exception 11, as gateways do.
"""
import logging
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

COUNT = 200


def unit(number):
    return ModbusSlaveContext(
        co=ModbusSequentialDataBlock(0, [i % 3 == 0 for i in range(COUNT)]),
        di=ModbusSequentialDataBlock(0, [i % 2 == 1 for i in range(COUNT)]),
        hr=ModbusSequentialDataBlock(0, [2000 * number + i for i in range(COUNT)]),
        ir=ModbusSequentialDataBlock(0, [1000 * number + i for i in range(COUNT)]),
        zero_mode=True,
    )


def main():
    logging.disable(logging.CRITICAL)
    kind, where = sys.argv[1:3]
    context = ModbusServerContext({1: unit(1), 2: unit(2)}, single=False)
    if kind == "rtu":
        StartSerialServer(context=context, framer=ModbusRtuFramer, port=where, baudrate=9600, timeout=0.005)
    else:
        framer = ModbusSocketFramer if kind == "tcp" else ModbusRtuFramer
        StartTcpServer(context=context, framer=framer, address=("127.0.0.1", int(where)))


main()
