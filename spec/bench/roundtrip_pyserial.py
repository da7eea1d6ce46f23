"""The same as roundtrip.c with pyserial, reading in bulk: all that is there, or wait for one byte.

    python3 roundtrip_pyserial.py PORT [COUNT]

prints round trips a second and microseconds of CPU time for each.
"""
import sys
import time

import serial

END = b"\r\nOK\r\n"


def round_trip(port):
    port.write(b"AT+CSQ\r")
    answer = b""
    while not answer.endswith(END):
        piece = port.read(port.in_waiting or 1)
        if not piece:
            sys.exit("roundtrip_pyserial: no answer")
        answer += piece


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 50000
    with serial.Serial(sys.argv[1], 115200, timeout=2) as port:
        started, cpu = time.monotonic(), time.process_time()
        for _ in range(count):
            round_trip(port)
        cpu_us = (time.process_time() - cpu) / count * 1e6
        print(f"{count / (time.monotonic() - started):.0f} {cpu_us:.2f}")


main()
