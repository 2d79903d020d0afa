/** errors @module */
export {};
