/** tcp @module */
export {};
