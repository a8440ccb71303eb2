#!/usr/bin/env node
// Modbus TCP units played by npm's modbus-serial, a stack that shares no code with ours nor with pymodbus.
//
//     modbus_serial_slave.js PORT          NODE_PATH names the folder of the module
//
// Reads commands from standard input and answers each with "ok":
//     input UNIT ADDRESS VALUE       an input register (0..65535)
//     float UNIT ADDRESS VALUE       two input registers, high word first
//     discrete UNIT ADDRESS 0|1
//     refuse UNIT CODE               every request gets this exception; 0: no longer
// Whatever was not set is an illegal data address. Prints "ready" when it serves.
"use strict";
const readline = require("readline");
const { ServerTCP } = require("modbus-serial");

const units = new Map();

function unit(number) {
    if (!units.has(number)) units.set(number, { input: new Map(), discrete: new Map(), refuse: 0 });
    return units.get(number);
}

function exception(code) {
    return Object.assign(new Error("exception " + code), { modbusErrorCode: code });
}

function read(kind) {
    return (address, number, answer) => {
        const u = unit(number);
        if (u.refuse) answer(exception(u.refuse));
        else if (!u[kind].has(address)) answer(exception(2));
        else answer(null, u[kind].get(address));
    };
}

const server = new ServerTCP(
    { getInputRegister: read("input"), getDiscreteInput: read("discrete") },
    { host: "127.0.0.1", port: Number(process.argv[2]), unitID: 255 });
server.on("initialized", () => console.log("ready"));
server.on("socketError", () => {});

const commands = {
    input: (u, address, value) => u.input.set(address, value),
    float: (u, address, value) => {
        const bytes = Buffer.alloc(4);
        bytes.writeFloatBE(value);
        u.input.set(address, bytes.readUInt16BE(0));
        u.input.set(address + 1, bytes.readUInt16BE(2));
    },
    discrete: (u, address, value) => u.discrete.set(address, value !== 0),
    refuse: (u, code) => { u.refuse = code; },
};

readline.createInterface({ input: process.stdin })
    .on("line", (line) => {
        const [verb, ...numbers] = line.split(" ");
        commands[verb](unit(Number(numbers[0])), ...numbers.slice(1).map(Number));
        console.log("ok");
    })
    .on("close", () => process.exit(0));
