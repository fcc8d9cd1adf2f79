"""The vendor's SDK against the bus at argv[1]: six STS3215, ids 1 to 6, at tick 2048. Prints what held."""
import sys
import time

from scservo_sdk import COMM_SUCCESS, GroupSyncRead, PortHandler, sms_sts

port = PortHandler(sys.argv[1])
assert port.openPort() and port.setBaudRate(1_000_000)
motors = sms_sts(port)
ids = range(1, 7)


def held(what, *values):
    for value, wanted in values:
        assert value == wanted, f"{what}: {value}, not {wanted}"
    print(what, flush=True)


for i in ids:
    model, result, error = motors.ping(i)
    held(f"ping {i}", (model, 777), (result, COMM_SUCCESS), (error, 0))
_, result, _ = motors.ping(9)
assert result != COMM_SUCCESS
held("ping of nobody is not answered")
held("read", (motors.ReadPos(1), (2048, COMM_SUCCESS, 0)))
held("write of torque", (motors.write1ByteTxRx(1, 40, 1), (COMM_SUCCESS, 0)))
held("write of goal, speed, acceleration", (motors.WritePosEx(1, 2600, 2400, 50), (COMM_SUCCESS, 0)))
time.sleep(1.5)
held("the motor went there", (motors.ReadPos(1)[0], 2600), (motors.ReadMoving(1)[0], 0))
for i in ids:
    motors.write1ByteTxRx(i, 40, 1)
    assert motors.SyncWritePosEx(i, 2000 + 10 * i, 2400, 50)
held("sync write", (motors.groupSyncWrite.txPacket(), COMM_SUCCESS))
motors.groupSyncWrite.clearParam()
time.sleep(1.5)
state = GroupSyncRead(motors, 56, 8)
for i in ids:
    assert state.addParam(i)
held("sync read", (state.txRxPacket(), COMM_SUCCESS))
for i in ids:
    available, error = state.isAvailable(i, 56, 2)
    held(f"sync read of {i}", (available, True), (error, 0), (state.getData(i, 56, 2), 2000 + 10 * i))
    held(f"voltage and temperature of {i}", (state.getData(i, 62, 1), 120), (state.getData(i, 63, 1), 30))
held("registered write", (motors.RegWritePosEx(2, 2222, 2400, 50), (COMM_SUCCESS, 0)))
held("it waits", (motors.read2ByteTxRx(2, 42)[0], 2020))
motors.RegAction()
held("action", (motors.read2ByteTxRx(2, 42)[0], 2222))
motors.write1ByteTxRx(3, 40, 0)
motors.unLockEprom(3)
motors.write2ByteTxRx(3, 11, 3000)
motors.LockEprom(3)
held("EEPROM", (motors.read2ByteTxRx(3, 11)[0], 3000))
port.closePort()
