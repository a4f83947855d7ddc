// What the reference needs beyond TypeDoc's options.

/** @param {import("typedoc").Application} app */
export function load(app) {
  // Comments link names that are not in scope in their file, such as the errors: they are looked up in all entries.
  app.converter.addUnknownSymbolResolver((reference, from) => {
    const [name, ...further] = reference.symbolReference?.path ?? [];
    if (name === undefined || further.length > 0) return undefined;
    const exported = from.project.children?.flatMap((entry) => entry.children ?? []) ?? [];
    const target = exported.find((reflection) => reflection.name === name.path && !reflection.isReference());
    return target && { target };
  });
  // An argument that is taken apart at once has no name of its own.
  app.converter.on("createParameter", (_, parameter) => {
    if (parameter.name === "__namedParameters") parameter.name = "options";
  });
}
