/** Whether the runtime is Deno. Elsewhere it has the API of Node: so does Bun. */
export const isDeno: boolean = typeof Deno !== "undefined";
