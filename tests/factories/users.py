"""People and groups."""

import factory
from django.contrib.auth.models import Group, User


class UserFactory(factory.django.DjangoModelFactory[User]):
    """Somebody who may do nothing; `groups=["coder"]` puts them into the groups that the migrations made."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    first_name = "Pat"
    last_name = factory.Sequence(lambda n: f"Number{n}")

    @factory.post_generation
    def groups(self: User, create: bool, names: list[str] | None, **kwargs: object) -> None:
        """The person's groups, by name."""
        if create and names:
            self.groups.add(*(Group.objects.get(name=name) for name in names))


class GroupFactory(factory.django.DjangoModelFactory[Group]):
    """A further group, without permissions."""

    class Meta:
        model = Group

    name = factory.Sequence(lambda n: f"group{n}")
