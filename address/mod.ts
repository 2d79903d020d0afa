/** address @module */
export {};
