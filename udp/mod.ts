/** udp @module */
export {};
