import process from "node:process";
import { isDeno } from "../../../internal/runtime/mod.ts";
import { currentScope } from "./scope.ts";
import type { Simulation } from "./simulation.ts";

/** What a runtime with the API of Node emits. */
const NODE_EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/** Listens in Deno, where the listener runs in the scope that the error comes from. */
function listenInDeno(world: Simulation): () => void {
  const onError = (event: ErrorEvent | PromiseRejectionEvent) => {
    const scope = currentScope();
    if (scope?.world !== world) return;
    event.preventDefault();
    scope.fail("reason" in event ? event.reason : event.error);
  };
  addEventListener("error", onError);
  addEventListener("unhandledrejection", onError);
  return () => {
    removeEventListener("error", onError);
    removeEventListener("unhandledrejection", onError);
  };
}

/**
 * Listens in a runtime with the API of Node. Other listeners, such as those of test
 * runners, learn only of the errors of other code.
 */
function listenInNode(world: Simulation): () => void {
  const restored = NODE_EVENTS.map((name) => {
    const others = process.rawListeners(name);
    const onError = (error: unknown, ...rest: unknown[]) => {
      const scope = currentScope();
      if (scope?.world === world) return scope.fail(error);
      for (const other of others) {
        Reflect.apply(other, process, [error, ...rest]);
      }
      if (others.length === 0) throw error;
    };
    process.removeAllListeners(name);
    process.on(name, onError);
    return () => {
      process.off(name, onError);
      for (const other of others) process.on(name, other as never);
    };
  });
  return () => restored.forEach((restore) => restore());
}

/**
 * Has errors that no program handles fail the simulation that they come from. Returns
 * what ends that.
 */
export function watchUncaught(world: Simulation): () => void {
  return isDeno ? listenInDeno(world) : listenInNode(world);
}
