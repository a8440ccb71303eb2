#!/usr/bin/python3
"""Makers' Modbus instruments played by pymodbus, a stack that shares no code with ours, from their manuals' register tables.

    pymodbus_registers.py wxt530|maximet|marsic300 UNIT rtu PATH | tcp PORT | rtu-over-tcp PORT

Reads commands from standard input: "input ADDRESS VALUE …" and "holding ADDRESS VALUE …" set 16-bit registers, "float TABLE
ADDRESS VALUE" two of them (big-endian IEEE single), "discrete ADDRESS 0|1" a discrete input. Prints "ready" when it serves.
"""
import logging
import struct
import sys
import threading

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


def words(value):
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def wxt530():
    """Registers 1 to 112 of the maker; what is not measured is 32767, wind quality 65535."""
    registers = {address: 0x7FFF for address in range(112)}
    registers[26] = 0xFFFF
    registers.update({10: 468, 14: 10171, 18: 3520, 26: 100, 31: 295, 35: 170})
    return {"ir": registers}


def maximet():
    """The default data string: node, direction, speed, corrected direction, pressure, humidity, temperature, dew point …"""
    registers = {0: 0x4120, 1: 0x2020}
    for i, value in enumerate([352.0, 1.8, 0.0, 941.5, 41.0, 23.5, 9.6, 0.0, 0.0]):
        registers[2 + 2 * i], registers[3 + 2 * i] = words(value)
    return {"hr": registers}


def marsic300():
    registers = {}
    for i, value in enumerate([12.5, 4.85, 0.0, 5.0, 850.25, 42.5, 892.75, 0.4, 312.0, 1.0, 14.2, 0.0]):
        registers[1000 + 2 * i], registers[1001 + 2 * i] = words(value)
    return {"ir": registers, "di": {address: address == 1004 for address in range(1000, 1027)}}


def obey(blocks):
    tables = {"input": "ir", "holding": "hr", "discrete": "di"}
    for line in sys.stdin:
        command, *rest = line.split()
        if command == "float":
            table, address, value = rest
            blocks[tables[table]].setValues(int(address), words(float(value)))
        else:
            values = [int(value, 0) & 0xFFFF for value in rest[1:]]
            blocks[tables[command]].setValues(int(rest[0]), [bool(v) for v in values] if command == "discrete" else values)


def main():
    logging.disable(logging.CRITICAL)
    model, unit, kind, where = sys.argv[1:5]
    blocks = {name: ModbusSparseDataBlock(values) for name, values in globals()[model]().items()}
    empty = ModbusSparseDataBlock({65535: 0})
    slave = ModbusSlaveContext(zero_mode=True, **{name: blocks.get(name, empty) for name in ("co", "di", "hr", "ir")})
    context = ModbusServerContext({int(unit): slave}, single=False)
    threading.Thread(target=obey, args=(blocks,), daemon=True).start()
    print("ready", flush=True)
    if kind == "rtu":
        StartSerialServer(context=context, framer=ModbusRtuFramer, port=where, baudrate=19200, timeout=0.005)
    else:
        framer = ModbusSocketFramer if kind == "tcp" else ModbusRtuFramer
        StartTcpServer(context=context, framer=framer, address=("127.0.0.1", int(where)), allow_reuse_address=True)


main()
