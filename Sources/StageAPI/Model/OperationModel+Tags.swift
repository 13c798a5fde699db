extension OperationModel {
    static let tagOperations: [OperationModel] = [
        OperationModel(
            "ListTagsForResource",
            "Returns the tags of a resource.",
            input: [
                .required("resourceArn", .resourceARN)
            ],
            output: [
                .required("tags", .tags)
            ],
            errors: [.validation, .resourceNotFound, .internalServer]),
        OperationModel(
            "TagResource",
            "Adds tags to a resource, and replaces the values of those that are there.",
            input: [
                .required("resourceArn", .resourceARN),
                .required("tags", .tags),
            ],
            output: [],
            errors: [.validation, .resourceNotFound, .internalServer]),
    ]
}
