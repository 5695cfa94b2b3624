"""What is filled in for 公示: an objection, its answer, a receipt number."""

from typing import Any

from django import forms

from nuanxin.programmes.actions.objecting import LARGEST_FILE, Said
from nuanxin.programmes.rules.publicity import LONGEST_ANSWER, LONGEST_OBJECTION


class ObjectionForm(forms.Form):
    """What somebody holds against a line, or against the whole list."""

    line = forms.IntegerField(
        label="名单上第几行",
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text="不填就是对整份名单。",
        error_messages={"invalid": "写一个数，比如 3。", "min_value": "从 1 数起。"},
    )
    text = forms.CharField(
        label="哪里不对",
        max_length=LONGEST_OBJECTION,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="写清楚是什么事、什么时候、你怎么知道的。只有答复的干部能看到。",
        error_messages={"required": "写一写哪里不对。"},
    )
    proof = forms.FileField(
        label="照片或文件",
        required=False,
        help_text="可以不传。最大 5 MB。",
    )

    def clean_proof(self) -> Any:
        """Refuse what is too large to be read by anybody."""
        found = self.cleaned_data.get("proof")
        if found and found.size > LARGEST_FILE:
            raise forms.ValidationError("文件超过 5 MB。拍小一点，或者只传最要紧的一页。")
        return found

    def said(self) -> Said:
        """Return what was filled in."""
        given = self.cleaned_data
        file = given.get("proof")
        return Said(
            text=given["text"],
            ordinal=given["line"],
            file_name=file.name if file else "",
            file=file.read() if file else b"",
        )


class ReceiptForm(forms.Form):
    """A receipt number."""

    receipt = forms.CharField(
        label="回执号",
        max_length=20,
        help_text="提异议的时候给你的，YY 开头。",
        error_messages={"required": "写上回执号。"},
    )

    def clean_receipt(self) -> str:
        """Return it in one form."""
        return str(self.cleaned_data["receipt"]).replace(" ", "").upper()


class AnswerForm(forms.Form):
    """An officer's answer to an objection."""

    outcome = forms.ChoiceField(
        label="查下来",
        choices=(
            ("no", "不成立"),
            ("yes", "成立（对一行的，划去这一行；对整份的，逐行改正）"),
            ("all", "成立，整份名单都划去（只对整份名单提的）"),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": "选一个。"},
    )
    answer = forms.CharField(
        label="答复",
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="查了什么、结果怎样。提的人凭回执号看得到；成立的，被划去的人也看得到。",
        error_messages={"required": "写上查了什么、结果怎样。"},
    )
