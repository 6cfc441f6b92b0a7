// How far the isolate looks back where an error or a promise is made. The SDK does it for every promise of a run, for the call stack that
// Temporal's UI shows, and looks up every frame in the source map: with the ten frames of V8 that was 29 % of what the isolate did
// for a run. Four reach from where a run waits to the stage that it is in.

Error.stackTraceLimit = 4;
