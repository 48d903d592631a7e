"""Links for readers who want to learn more."""

from tinynet.story.content import Link, Links

RESOURCES = Links(
    "Learning resources",
    (
        Link(
            "3Blue1Brown's neural network series",
            "Videos that show how a network computes and how it learns.",
            "https://www.youtube.com/playlist?list=PLZHQObOWTQDNU6R1_67000Dx_ZCJB-3pi",
        ),
        Link(
            "PyTorch's tutorials",
            "The official guides. They begin with the first tensor.",
            "https://pytorch.org/tutorials/",
        ),
        Link(
            "Backpropagation",
            "The chain rule, applied from the loss back to every parameter. It gives each parameter its gradient.",
        ),
        Link(
            "Gradient descent",
            "The rule of every nudge. Each parameter moves against its gradient, by the learning rate times the gradient.",
        ),
        Link(
            "Activation functions",
            "Functions such as the sigmoid, applied after each layer. Without them, several layers compute no more than "
            "one layer.",
        ),
    ),
)
