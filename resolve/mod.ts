/** resolve @module */
export {};
