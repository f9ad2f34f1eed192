/** Integer arithmetic of the shell, of names and numbers; undefined where a name has no number or a sign is not known. */
export function sum(text: string, numberOf: (name: string) => number | undefined): number | undefined {
  const tokens = text.match(/\d+|\$?\{?[A-Za-z_]\w*\}?|<=|>=|==|!=|[-+*/%()<>]/g) ?? [];
  if (tokens.join("").length !== text.replaceAll(/\s/g, "").length) return undefined;
  let at = 0;
  const levels: readonly (readonly string[])[] = [
    ["==", "!=", "<", ">", "<=", ">="],
    ["+", "-"],
    ["*", "/", "%"],
  ];
  const level = (depth: number): number | undefined => {
    const operators = levels[depth];
    if (operators === undefined) return unit();
    let left = level(depth + 1);
    for (let sign = tokens[at]; sign !== undefined && operators.includes(sign); sign = tokens[at]) {
      at += 1;
      const right = level(depth + 1);
      left = left === undefined || right === undefined ? undefined : apply(sign, left, right);
    }
    return left;
  };
  const unit = (): number | undefined => {
    const token = tokens[at];
    at += 1;
    if (token === undefined) return undefined;
    if (token === "-") {
      const value = unit();
      return value === undefined ? undefined : -value;
    }
    if (token !== "(") return /^\d/.test(token) ? Number(token) : numberOf(token.replace(/^\$?\{?|\}$/g, ""));
    const value = level(0);
    at += 1;
    return value;
  };
  const value = level(0);
  return at === tokens.length ? value : undefined;
}

function apply(sign: string, left: number, right: number): number | undefined {
  switch (sign) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? undefined : Math.trunc(left / right);
    case "%":
      return right === 0 ? undefined : left % right;
    case "<":
      return Number(left < right);
    case ">":
      return Number(left > right);
    case "<=":
      return Number(left <= right);
    case ">=":
      return Number(left >= right);
    case "==":
      return Number(left === right);
    default:
      return Number(left !== right);
  }
}
