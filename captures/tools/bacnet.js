// SPDX-License-Identifier: BSD-2-Clause
// A BACnet device (npm's bacstack) and somebody who asks it: bacnet.js device|client ADDRESS
// (the client's own address is not said: it is that of its only interface).
'use strict';
const Bacnet = require('bacstack');
const [, , mode, address] = process.argv;
const stack = new Bacnet({ apduTimeout: 1000, interface: '0.0.0.0', broadcastAddress: '10.77.0.255' });

const DEVICE = 8, ANALOG_INPUT = 0, BINARY_VALUE = 5;
const NAME = 77, PRESENT = 85, STATUS = 111, UNITS = 117, TYPE = 79;
const REAL = 4, TEXT = 7, BITS = 8, ENUM = 9;

function valueOf(id) {
	switch (id) {
	case NAME: return { type: TEXT, value: 'Room 7 temperature' };
	case PRESENT: return { type: REAL, value: 21.5 };
	case STATUS: return { type: BITS, value: { bitsUsed: 4, value: [0] } };
	case UNITS: return { type: ENUM, value: 62 };
	case TYPE: return { type: ENUM, value: ANALOG_INPUT };
	}
	return null;
}

function device() {
	stack.on('whoIs', () => stack.iAmResponse(1234, 3, 999));
	stack.on('readProperty', (d) => {
		const v = valueOf(d.request.property.id);
		if (v)
			stack.readPropertyResponse(d.address, d.invokeId, d.request.objectId, d.request.property, [v]);
		else // class "property", code "unknown property"
			stack.errorResponse(d.address, 12, d.invokeId, 2, 32);
	});
	stack.on('readPropertyMultiple', (d) => stack.readPropertyMultipleResponse(d.address, d.invokeId,
		d.request.properties.map((o) => ({ objectId: o.objectId, values: o.properties.map((p) => (
			{ property: { id: p.id, index: p.index }, value: [valueOf(p.id)] })) }))));
	for (const [event, service] of [['writeProperty', 15], ['subscribeCOV', 5], ['reinitializeDevice', 20],
		['deviceCommunicationControl', 17]])
		stack.on(event, (d) => stack.simpleAckResponse(d.address, service, d.invokeId));
}

function client() {
	const input = { type: ANALOG_INPUT, instance: 7 };
	const steps = [
		(next) => { stack.whoIs(); setTimeout(next, 300); },
		(next) => { stack.whoIs({ lowLimit: 1000, highLimit: 1300 }); setTimeout(next, 300); },
		(next) => stack.readProperty(address, input, NAME, next),
		(next) => stack.readProperty(address, input, PRESENT, next),
		(next) => stack.readProperty(address, { type: DEVICE, instance: 1234 }, 4000, next),
		(next) => stack.readPropertyMultiple(address, [{ objectId: input, properties:
			[{ id: NAME }, { id: PRESENT }, { id: STATUS }, { id: UNITS }] }], next),
		(next) => stack.writeProperty(address, { type: BINARY_VALUE, instance: 3 }, PRESENT,
			[{ type: ENUM, value: 1 }], { priority: 8 }, next),
		(next) => stack.subscribeCOV(address, input, 18, false, false, 60, {}, next),
		(next) => { stack.timeSync(address, new Date(Date.UTC(2026, 10, 22, 12))); setTimeout(next, 100); },
		(next) => stack.deviceCommunicationControl(address, 5, 1, { password: 'secret' }, next),
		(next) => stack.reinitializeDevice(address, 1, { password: 'secret' }, next),
	];
	const run = () => {
		const step = steps.shift();
		if (!step)
			return stack.close();
		step((err) => { if (err) console.log(String(err)); run(); });
	};
	setTimeout(run, 200);
}

({ device, client })[mode]();
