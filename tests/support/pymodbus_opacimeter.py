#!/usr/bin/python3
"""An opacimeter played by pymodbus: a Modbus stack that shares no code with ours.

    pymodbus_opacimeter.py rtu PATH | tcp PORT

Registers (input and holding): 0 opacity 0.1 %, 1 k 0.01 1/m, 2 rpm, 3 oil temperature 0.1 degC, 4 status, 5 reserved.
Reads commands from standard input: "k 1.90" sets the peak of the next presses, "press" presses the pedal, "oil 60" sets the oil
temperature. Prints "ready" when it serves.
"""
import logging
import math
import sys
import threading
import time

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartSerialServer, StartTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

RISE_S, HOLD_S, FALL_S, PUFF_S = 1.0, 2.5, 1.0, 0.5


class Truck:
    def __init__(self):
        self.peak_k, self.oil, self.pressed = 0.4, 88.0, None

    def now(self):
        """(k, rpm): a triangular puff whose top is held for 0.3 s, so that every sampling rate above 4 Hz sees it exactly."""
        if self.pressed is None:
            return 0.01, 720
        t = time.monotonic() - self.pressed
        if t < PUFF_S:
            k = self.peak_k * t / PUFF_S
        elif t < PUFF_S + 0.3:
            k = self.peak_k
        else:
            k = max(0.01, self.peak_k * (1 - (t - PUFF_S - 0.3) / 1.2))
        if t < RISE_S:
            rpm = 720 + 1600 * t / RISE_S
        elif t < HOLD_S:
            rpm = 2320
        else:
            rpm = max(720, 2320 - 1600 * (t - HOLD_S) / FALL_S)
        return max(0.01, k), rpm


def registers(truck):
    k, rpm = truck.now()
    k = round(k, 2)
    opacity = 100 * (1 - math.exp(-k * 0.43))
    return [round(opacity * 10), round(k * 100), round(rpm), round(truck.oil * 10) & 0xFFFF, 0, 0]


def obey(truck):
    for line in sys.stdin:
        words = line.split()
        if words[:1] == ["k"]:
            truck.peak_k = float(words[1])
        elif words[:1] == ["oil"]:
            truck.oil = float(words[1])
        elif words[:1] == ["press"]:
            truck.pressed = time.monotonic()


def main():
    logging.disable(logging.CRITICAL)
    truck = Truck()

    class LiveBlock(ModbusSequentialDataBlock):
        """Registers that are computed when they are read."""

        def getValues(self, address, count=1):
            return registers(truck)[address : address + count]

        def validate(self, address, count=1):
            return 0 <= address and address + count <= 6

    block = LiveBlock(0, [0] * 6)
    context = ModbusServerContext(ModbusSlaveContext(ir=block, hr=block, zero_mode=True), single=True)
    threading.Thread(target=obey, args=(truck,), daemon=True).start()
    print("ready", flush=True)
    if sys.argv[1] == "rtu":
        StartSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[2], baudrate=9600, timeout=0.005)
    else:
        StartTcpServer(context=context, framer=ModbusSocketFramer, address=("127.0.0.1", int(sys.argv[2])))


main()
