extension OperationModel {
    static let keyOperations: [OperationModel] = [
        OperationModel(
            "DeletePublicKey",
            "Forgets an imported public key: tokens that it signed are refused from now on.",
            input: [
                .required("arn", .publicKeyARN)
            ],
            output: [],
            errors: [
                .validation, .accessDenied, .pendingVerification, .resourceNotFound, .conflict,
            ]),
        OperationModel(
            "GetPublicKey",
            "Returns an imported public key.",
            input: [
                .required("arn", .publicKeyARN)
            ],
            output: [
                .optional("publicKey", .publicKey)
            ],
            errors: [.validation, .accessDenied, .resourceNotFound]),
        OperationModel(
            "ImportPublicKey",
            "Imports the public half of a key pair that participant tokens are signed with.",
            input: [
                .required("publicKeyMaterial", .publicKeyMaterial),
                .optional("name", .publicKeyName),
                .optional("tags", .tags),
            ],
            output: [
                .optional("publicKey", .publicKey)
            ],
            errors: [
                .validation, .accessDenied, .pendingVerification, .conflict, .serviceQuotaExceeded,
            ]),
        OperationModel(
            "ListPublicKeys",
            "Lists the imported public keys in the order in which they were imported.",
            input: [
                .optional("nextToken", .paginationToken),
                .optional("maxResults", .maxPublicKeyResults),
            ],
            output: [
                .required("publicKeys", .publicKeyList),
                .optional("nextToken", .paginationToken),
            ],
            errors: [.validation, .accessDenied]),
        OperationModel(
            "RevokeConnectionToken",
            "Revokes a connection token, so that it can no longer be used.",
            input: [
                .required("tokenId", .connectionTokenID)
            ],
            output: [],
            errors: [.validation, .accessDenied, .internalServer]),
    ]
}
