#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# A Modbus server (pymodbus) and a client that asks it for everything it knows.
#   modbus.py server ADDRESS
#   modbus.py client ADDRESS
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext,
                                ModbusSlaveContext)
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.diag_message import ReturnBusMessageCountRequest, ReturnQueryDataRequest
from pymodbus.file_message import (FileRecord, ReadFifoQueueRequest, ReadFileRecordRequest,
                                   WriteFileRecordRequest)
from pymodbus.mei_message import ReadDeviceInformationRequest
from pymodbus.other_message import (GetCommEventCounterRequest, GetCommEventLogRequest,
                                    ReadExceptionStatusRequest, ReportSlaveIdRequest)
from pymodbus.server import StartTcpServer


def block(values):
    return ModbusSequentialDataBlock(0, values)


def server(address):
    unit = ModbusSlaveContext(di=block([1, 0, 1] * 40), co=block([0] * 120),
                              hr=block(list(range(100, 220))), ir=block(list(range(500, 620))))
    who = ModbusDeviceIdentification(info_name={
        "VendorName": "strata", "ProductCode": "LAB", "MajorMinorRevision": "1.0",
        "VendorUrl": "https://example.org/", "ProductName": "Lab device", "ModelName": "One"})
    StartTcpServer(context=ModbusServerContext(slaves=unit, single=True), identity=who,
                   address=(address, 502))


def client(address):
    c = ModbusTcpClient(address, port=502)
    c.connect()
    c.read_coils(0, 10, slave=1)
    c.read_discrete_inputs(3, 8, slave=1)
    c.read_holding_registers(10, 4, slave=1)
    c.read_input_registers(0, 2, slave=1)
    c.write_coil(5, True, slave=1)
    c.write_register(7, 4711, slave=1)
    c.write_coils(16, [True, False, True, True, False, False, False, False, True], slave=1)
    c.write_registers(20, [1, 2, 3], slave=1)
    c.mask_write_register(7, 0xf2, 0x25, slave=1)
    c.readwrite_registers(read_address=20, read_count=3, write_address=30,
                          write_registers=[7, 8], slave=1)
    c.read_holding_registers(5000, 2, slave=1)  # no such address
    for request in (
            ReadExceptionStatusRequest(), ReturnQueryDataRequest([0xa537]),
            ReturnBusMessageCountRequest(), GetCommEventCounterRequest(),
            GetCommEventLogRequest(), ReportSlaveIdRequest(),
            ReadDeviceInformationRequest(2, 0),
            ReadFifoQueueRequest(16),
            ReadFileRecordRequest([FileRecord(reference_type=6, file_number=4, record_number=1,
                                              record_length=2)]),
            WriteFileRecordRequest([FileRecord(reference_type=6, file_number=4, record_number=7,
                                               record_data=b"\x06\xaf\x04\xbe")])):
        request.unit_id = 1
        c.execute(request)
    c.close()


{"server": server, "client": client}[sys.argv[1]](sys.argv[2])
