// Branded types: a bare number is not money, a model key is not an offer key. Only the constructors beside each brand may cast.
declare const brand: unique symbol;

export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
