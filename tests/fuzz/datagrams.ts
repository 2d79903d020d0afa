/**
 * Fuzzes the receiving half of UDP sockets, over the backend that the program may
 * use.
 *
 * @module
 */
import { bindUdp } from "@berkeley/sockets/udp";
import { tryReceives } from "../udp/_receive_model.ts";
import type { FuzzTarget } from "./_target.ts";

/** The fuzzer. */
export const datagrams: FuzzTarget = {
  name: "datagrams",
  claim: "receives of all kinds, given up or not, take each datagram once",
  tries: 8,
  outcomes: ["peer"],
  usesNetwork: true,
  once: (random) =>
    tryReceives(random, () => bindUdp({ hostname: "127.0.0.1" })),
};
