export declare function manyNodes(nodes: number): string;
