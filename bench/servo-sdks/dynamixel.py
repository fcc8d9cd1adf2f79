"""ROBOTIS' SDK against the bus at argv[1]: six XM430-W350, ids 1 to 6, at tick 2048. Prints what held."""
import sys
import time

from dynamixel_sdk import (
    BROADCAST_ID,
    COMM_SUCCESS,
    GroupBulkRead,
    GroupSyncRead,
    GroupSyncWrite,
    PacketHandler,
    PortHandler,
)

port = PortHandler(sys.argv[1])
assert port.openPort() and port.setBaudRate(1_000_000)
motors = PacketHandler(2.0)
ids = range(1, 7)


def held(what, *values):
    for value, wanted in values:
        assert value == wanted, f"{what}: {value}, not {wanted}"
    print(what, flush=True)


def bytes_of(value):
    return list(value.to_bytes(4, "little", signed=True))


for i in ids:
    held(f"ping {i}", (motors.ping(port, i), (1020, COMM_SUCCESS, 0)))
found, result = motors.broadcastPing(port)
held("ping of all", (result, COMM_SUCCESS), (sorted(found), list(ids)))
held("read", (motors.read4ByteTxRx(port, 1, 132), (2048, COMM_SUCCESS, 0)))
held("write of torque", (motors.write1ByteTxRx(port, 1, 64, 1), (COMM_SUCCESS, 0)))
held("write of a goal", (motors.write4ByteTxRx(port, 1, 116, 2600), (COMM_SUCCESS, 0)))
time.sleep(1.5)
held("the motor went there", (motors.read4ByteTxRx(port, 1, 132)[0], 2600))
held("EEPROM is closed with torque on", (motors.write1ByteTxRx(port, 1, 11, 1), (COMM_SUCCESS, 7)))
held("a goal beyond the limits", (motors.write4ByteTxRx(port, 1, 116, 5000), (COMM_SUCCESS, 6)))
goals = GroupSyncWrite(port, motors, 116, 4)
for i in ids:
    motors.write1ByteTxRx(port, i, 64, 1)
    assert goals.addParam(i, bytes_of(2000 + 10 * i))
held("sync write", (goals.txPacket(), COMM_SUCCESS))
time.sleep(1.5)
state = GroupSyncRead(port, motors, 126, 21)
for i in ids:
    assert state.addParam(i)
held("sync read", (state.txRxPacket(), COMM_SUCCESS))
for i in ids:
    held(f"sync read of {i}", (state.isAvailable(i, 132, 4), True), (state.getData(i, 132, 4), 2000 + 10 * i))
    held(f"voltage and temperature of {i}", (state.getData(i, 144, 2), 120), (state.getData(i, 146, 1), 30))
mixed = GroupBulkRead(port, motors)
assert mixed.addParam(1, 144, 2) and mixed.addParam(2, 146, 1)
held("bulk read", (mixed.txRxPacket(), COMM_SUCCESS), (mixed.getData(1, 144, 2), 120), (mixed.getData(2, 146, 1), 30))
held("registered write", (motors.regWriteTxRx(port, 2, 116, 4, bytes_of(2222)), (COMM_SUCCESS, 0)))
held("it waits", (motors.read4ByteTxRx(port, 2, 116)[0], 2020))
# Without waiting for an answer, which one motor alone would give.
motors.action(port, BROADCAST_ID)
held("action", (motors.read4ByteTxRx(port, 2, 116)[0], 2222))
stuffed = [0xFF, 0xFF, 0xFD, 0x00]
held("FF FF FD in a write", (motors.writeTxRx(port, 4, 108, 4, stuffed), (COMM_SUCCESS, 0)))
held("FF FF FD in an answer", (motors.readTxRx(port, 4, 108, 4), (stuffed, COMM_SUCCESS, 0)))
held("reboot", (motors.reboot(port, 5), (COMM_SUCCESS, 0)))
time.sleep(0.3)
held("torque is off after it", (motors.read1ByteTxRx(port, 5, 64)[0], 0))
held("factory reset", (motors.factoryReset(port, 6, 0x02), (COMM_SUCCESS, 0)))
port.closePort()
